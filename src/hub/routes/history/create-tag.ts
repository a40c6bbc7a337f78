import type { FastifyRequest } from 'fastify'
import { Commit, GitObject, Ref } from '../../../catalog/index.ts'
import { Bytes, type RepoId, Struct } from '../../../core/index.ts'
import { HistoryWire } from '../../../wire/index.ts'
import { authorOf } from '../../authorship.ts'
import type { HubContext } from '../../context.ts'
import { hooks } from '../../landing.ts'
import { assertWritable, commitOf, paramsOf, places, type Route, readableRepo } from '../../request.ts'

/** A tag on a revision; one with a message is a git object of its own. */
export const createTag: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/tag/:rev`, (request, reply) =>
      create(context, request, type).then(() => reply.code(200).send()),
    )
  }
}

const create = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<void> => {
  const repo = await readableRepo(context, request, type)
  const holder = await assertWritable(context, request, repo)
  const { tag, message } = Struct.parseWith(HistoryWire.CreateTag, request.body, 'request for a tag')
  const ref = `refs/tags/${tag}`
  Ref.assertName(ref)
  const commit = await commitOf(context, repo, paramsOf(request).rev)
  const now = context.clock()
  const object = message ? tagObject(commit.oid, tag, authorOf(holder), message, now) : undefined
  await Commit.land(context.catalog.db, repo, {
    objects: object ? [object] : [],
    blobs: [],
    moves: [{ ref, from: '', to: commit.oid, ...(object ? { tagOid: object.oid } : {}) }],
    actorId: holder.user.id,
    now,
    ...hooks(context),
  })
}

const tagObject = (
  commit: string,
  tag: string,
  { name, email }: GitObject.Author,
  message: string,
  now: Date,
): Commit.GitRow => {
  const head = [
    `object ${commit}`,
    'type commit',
    `tag ${tag}`,
    `tagger ${name} <${email}> ${Math.floor(now.getTime() / 1000)} +0000`,
  ]
  const bytes = Bytes.utf8(`${head.join('\n')}\n\n${message.replaceAll('\0', '').replace(/\n*$/, '\n')}`)
  return { oid: GitObject.oid('tag', bytes), kind: 'tag', bytes }
}
