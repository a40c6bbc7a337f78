import type { FastifyRequest } from 'fastify'
import { Blob, LfsFile } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { HistoryWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { assertMayDownload } from '../../Gate.ts'
import { assertWritable, findReadable, places, type Route, readableRepo } from '../../request.ts'

/** Lets a commit to another repository name large files of this one, which the caller must be able to download. */
export const duplicateLfsFiles: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/lfs-files/duplicate`, (request) => duplicate(context, request, type))
  }
}

const duplicate = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const source = await readableRepo(context, request, type)
  await assertMayDownload(context, request, source)
  const { target, files } = Struct.parseWith(HistoryWire.DuplicateLfsFiles, request.body, 'list of files')
  const holder = await assertWritable(context, request, await findReadable(context, request, target.type, target.name))
  const wanted = [...new Set(files.map(({ sha256 }) => sha256))]
  const found = new Map((await LfsFile.bySha256(db, source.id, wanted)).map((blob) => [blob.sha256, blob]))
  const now = context.clock()
  for (const { sha256, cid, size } of found.values()) {
    await Blob.recordUpload(db, holder.user.id, { sha256, cid, size }, now)
  }
  const failed = wanted.filter((sha256) => !found.has(sha256))
  return { failed: failed.map((sha256) => ({ sha256, error: 'The file is not in this repository.' })) }
}
