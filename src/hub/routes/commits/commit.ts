import type { FastifyRequest } from 'fastify'
import { type Blob, Commit, type Repo, type Token } from '../../../catalog/index.ts'
import { BadInput, Path, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { authorOf } from '../../authorship.ts'
import type { HubContext } from '../../context.ts'
import { RevisionNotFound } from '../../errors.ts'
import { decodeInline, largeFile, storeInline } from '../../inline-file.ts'
import { hooks } from '../../landing.ts'
import { mapParallel } from '../../map-parallel.ts'
import * as Ndjson from '../../Ndjson.ts'
import {
  assertWritable,
  linkPrefix,
  originOf,
  paramsOf,
  places,
  type Route,
  readableRepo,
  textParam,
} from '../../request.ts'

const maxChanges = 100_000
/** Files that are written to disk at the same time; each is synced, which takes its time. */
const filesAtOnce = 8

/** Makes one commit from NDJSON lines, or none at all. */
export const commit: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/commit/:rev`, async (request): Promise<HubWire.CommitMade> => {
      const repo = await readableRepo(context, request, type)
      const holder = await assertWritable(context, request, repo)
      const ref = branchOf(request)
      const plan = await readPlan(context, request, holder)
      // Pinned first: a commit whose bytes garbage collection took would be half done.
      await pinAll(context, repo, plan)
      const made = await Commit.apply(context.catalog.db, repo, {
        ref,
        changes: plan.changes,
        author: authorOf(holder),
        message: plan.message,
        parent: plan.parent,
        now: context.clock(),
        actorId: holder.user.id,
        ...hooks(context),
      })
      return {
        success: true,
        commitUrl: `${originOf(context, request)}/${linkPrefix(type)}${RepoId.format({ ...repo })}/commit/${made.oid}`,
        commitOid: made.oid,
        hookOutput: '',
        parents: made.parents,
      }
    })
  }
}

const branchOf = (request: FastifyRequest): string => {
  const revision = paramsOf(request).rev ?? 'main'
  if (['1', 'true'].includes(textParam(request, 'create_pr') ?? '')) {
    throw new BadInput('Pull requests are not offered yet.', {
      code: 'no_pull_requests',
      hint: 'Commit to the branch itself.',
    })
  }
  const name = revision.startsWith('refs/heads/') ? revision.slice('refs/heads/'.length) : revision
  if (name === '' || name.startsWith('refs/') || name.includes('\0')) throw new RevisionNotFound(revision)
  return `refs/heads/${name}`
}

type Plan = {
  message: string
  parent: string | undefined
  changes: Commit.Change[]
}

const readPlan = async (context: HubContext, request: FastifyRequest, holder: Token.Holder): Promise<Plan> => {
  const plan: Plan = { message: '', parent: undefined, changes: [] }
  const { inlineBytes, commitBytes } = context.limits
  const lines = Ndjson.parse(bodyOf(request), {
    lineBytes: Math.ceil(inlineBytes * 1.4) + 65_536,
    bodyBytes: commitBytes,
  })
  plan.changes = await mapParallel(changeLines(lines, plan), filesAtOnce, (item) => changeOf(context, holder, item))
  assertOncePerPath(plan.changes)
  return plan
}

type ChangeLine = Exclude<HubWire.CommitLine, { key: 'header' }>

/** Takes the header into the plan and passes the other lines on. */
async function* changeLines(
  lines: AsyncIterable<{ line: number; value: unknown }>,
  plan: Plan,
): AsyncGenerator<ChangeLine> {
  let count = -1
  for await (const { line, value } of lines) {
    const item = Struct.parseWith(HubWire.CommitLine, value, `line ${line}`)
    count += 1
    if ((item.key === 'header') !== (count === 0)) {
      throw new BadInput('A commit has one header line, and it comes first.', { code: 'bad_ndjson' })
    }
    if (count > maxChanges) {
      const hint = 'Make several commits.'
      throw new BadInput(`A commit has at most ${maxChanges} changes.`, { code: 'too_many_changes', hint })
    }
    if (item.key !== 'header') yield item
    else {
      const words = [item.value.summary, item.value.description ?? ''].filter((part) => part !== '')
      plan.message = words.join('\n\n') || 'Update files'
      plan.parent = item.value.parentCommit ?? undefined
    }
  }
  if (count < 0)
    throw new BadInput('The body of a commit is empty.', { code: 'bad_ndjson', hint: 'Send a header line first.' })
}

const bodyOf = (request: FastifyRequest): AsyncIterable<Uint8Array> => {
  const body = request.body as AsyncIterable<Uint8Array> | undefined
  if (body && Symbol.asyncIterator in Object(body)) return body
  throw new BadInput('The body of a commit is NDJSON.', {
    code: 'bad_ndjson',
    hint: 'Send Content-Type: application/x-ndjson.',
  })
}

const changeOf = async (context: HubContext, holder: Token.Holder, item: ChangeLine): Promise<Commit.Change> => {
  if (item.key === 'deletedFile' || item.key === 'deletedFolder') {
    const path = item.value.path.replace(/^\.\//, '').replace(/\/+$/, '')
    if (path !== '') Path.assertSafe(path)
    return { kind: 'delete', path }
  }
  const { path } = item.value
  Path.assertSafe(path)
  if (item.key === 'lfsFile') {
    const blob = await largeFile(context, holder, path, item.value.oid, item.value.size ?? undefined)
    return { kind: 'put', path, blob }
  }
  const bytes = decodeInline(item.value, context.limits.inlineBytes)
  return { kind: 'put', path, blob: await storeInline(context, holder, path, bytes) }
}

/** Two writes to one path in a commit are a mistake of the client; deleting before writing is fine. */
const assertOncePerPath = (changes: Commit.Change[]): void => {
  Path.assertUnique(changes.flatMap((change) => (change.kind === 'put' ? [change.path] : [])))
}

const pinAll = async ({ store }: HubContext, repo: Repo.Repo, { changes }: Plan): Promise<void> => {
  const blobs: Blob.Blob[] = changes.flatMap((change) => (change.kind === 'put' ? [change.blob] : []))
  await mapParallel(new Set(blobs.map(({ cid }) => cid)), filesAtOnce, (cid) => store.pin(cid, `repo:${repo.id}`))
}
