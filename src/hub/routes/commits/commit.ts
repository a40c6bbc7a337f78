import type { FastifyRequest } from 'fastify'
import { Commit, Discussion, LostTip, Repo, type Token, type Tree } from '../../../catalog/index.ts'
import { BadInput, Path, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { authorOf } from '../../authorship.ts'
import type { HubContext } from '../../context.ts'
import { decodeInline, largeFile, storeInline } from '../../inline-file.ts'
import { hooks, landed } from '../../landing.ts'
import { mapParallel } from '../../map-parallel.ts'
import * as Ndjson from '../../Ndjson.ts'
import { openPullRequest } from '../../open-pull-request.ts'
import { commitOf, linkPrefix, originOf, paramsOf, places, type Route, readableRepo } from '../../request.ts'
import { assertMayCommitTo, refOfUrl, wantsPullRequest } from './target.ts'

const maxChanges = 100_000
/** Files that are written to disk at the same time; each is synced, which takes its time. */
const filesAtOnce = 8

/** Makes one commit from NDJSON lines on a branch, a pull request or a new pull request, or none at all. */
export const commit: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/commit/:rev`, (request) => make(context, request, type))
  }
}

const make = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
): Promise<HubWire.CommitMade> => {
  const repo = await readableRepo(context, request, type)
  const ref = refOfUrl(request)
  const holder = await assertMayCommitTo(context, request, repo, ref)
  const pull = wantsPullRequest(request)
  const base = pull ? await commitOf(context, repo, paramsOf(request).rev) : undefined
  const plan = await readPlan(context, request, holder)
  // Pinned first: a commit whose bytes garbage collection took would be half done.
  await pinAll(context, repo, plan)
  const input = {
    changes: plan.changes,
    author: authorOf(holder),
    message: plan.message,
    actorId: holder.user.id,
    now: context.clock(),
    ...hooks(context),
  }
  const { db } = context.catalog
  const url = `${originOf(context, request)}/${linkPrefix(type)}${RepoId.format(Repo.idOf(repo))}`
  const making: Promise<Commit.Made & { num?: number }> = base
    ? openWith(context, repo, holder, plan, base, input)
    : Commit.apply(db, repo, { ...input, ref, parent: plan.parent })
  const { num, ...made } = await making.catch(async (error: unknown) => {
    // What was pinned for nothing is let go of by the next housekeeping.
    await LostTip.record(db, repo.id, [''], input.now)
    throw error
  })
  await landed(context, repo)
  return {
    success: true,
    commitUrl: `${url}/commit/${made.oid}`,
    commitOid: made.oid,
    hookOutput: '',
    parents: made.parents,
    ...(num === undefined ? {} : { pullRequestUrl: `${url}/discussions/${num}` }),
  }
}

/** A new pull request and its first commit, both or neither. It begins at `parentCommit` where the header names one. */
const openWith = async (
  context: HubContext,
  repo: Repo.Repo,
  holder: Token.Holder,
  plan: Plan,
  base: Tree.Found,
  input: Omit<Commit.Input, 'ref'>,
): Promise<Commit.Made & { num: number }> => {
  const from = plan.parent === undefined ? base : await commitOf(context, repo, plan.parent)
  const [title = '', ...rest] = plan.message.split('\n')
  const opened = { title: title.slice(0, 255), description: rest.join('\n').trim() }
  return context.catalog.db.transaction(async (tx) => {
    const num = await openPullRequest(context, tx, repo, holder, opened, from.oid)
    return { num, ...(await Commit.apply(tx, repo, { ...input, ref: Discussion.refOf(num) })) }
  })
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
  const blobs = Commit.newBlobs(changes)
  await mapParallel(new Set(blobs.map(({ cid }) => cid)), filesAtOnce, (cid) => store.pin(cid, `repo:${repo.id}`))
}
