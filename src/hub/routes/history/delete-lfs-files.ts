import type { FastifyRequest } from 'fastify'
import { type Blob, GitObject, LfsFile, Rewrite } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { HistoryWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { hooks, landed } from '../../landing.ts'
import { assertWritable, places, type Route, readableRepo } from '../../request.ts'

/** Deletes large files for good: out of all commits, or leaving their pointers there. */
export const deleteLfsFiles: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/lfs-files/batch`, (request) => remove(context, request, type))
  }
}

const remove = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  await assertWritable(context, request, repo)
  const { sha, rewriteHistory } = Struct.parseWith(HistoryWire.DeleteLfsFiles, request.body, 'list of files').deletions
  const gone = await LfsFile.bySha256(db, repo.id, sha)
  if (gone.length === 0) return { success: true, deleted: 0 }
  if (rewriteHistory) {
    await Rewrite.withoutFiles(db, repo, gone, { now: context.clock(), ...hooks(context) })
    await landed(context, repo)
  } else {
    const pointers = await Promise.all(gone.map((blob) => pointerOf(context, `repo:${repo.id}`, blob)))
    await Rewrite.leavePointers(db, repo, pointers, context.clock())
  }
  return { success: true, deleted: gone.length }
}

/** The pointer of a large file as a small file of its own. */
const pointerOf = async ({ store }: HubContext, pin: string, { oid, sha256, size }: Blob.Blob): Promise<Blob.Blob> => {
  const stored = await store.put(GitObject.lfsPointer(sha256, size), {})
  await store.pin(stored.cid, pin)
  return { oid, sha256: stored.sha256, cid: stored.cid, size: stored.size, lfs: false }
}
