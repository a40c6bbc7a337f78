import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Blob } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import { OciWire } from '../../../wire/index.ts'
import * as ByteRange from '../../ByteRange.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { remade } from './get-manifest.ts'
import { BlobUnknown, pullableRepo, registryPlaces } from './OciRepo.ts'

/** `GET /v2/{name}/blobs/{digest}`, with ranges; HEAD too. The digest is the file's own SHA-256. */
export const getBlob: Route = (app, context) => {
  for (const { type, prefix } of registryPlaces) {
    app.route({
      method: ['GET', 'HEAD'],
      url: `${prefix}/:ns/:name/blobs/:digest`,
      handler: (request, reply) => serve(context, request, reply, type),
    })
  }
}

type Bytes = { size: number; open(start: number, end: number): Promise<Readable> }

const serve = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const repo = await pullableRepo(context, request, type)
  const { digest } = request.params as { digest: string }
  const hex = OciWire.parseDigest(digest)
  const bytes = await find(context, repo.id, hex, () => remade(context, repo, hex, 'config'))
  if (!bytes) throw new BlobUnknown(digest)
  reply.headers({
    'content-type': 'application/octet-stream',
    'docker-content-digest': `sha256:${hex}`,
    etag: `"sha256:${hex}"`,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  })
  return send(request, reply, bytes)
}

const find = async (
  { catalog, store }: HubContext,
  repoId: string,
  hex: string,
  config: () => Promise<{ bytes: Buffer } | undefined>,
): Promise<Bytes | undefined> => {
  const file = await Blob.anyInRepo(catalog.db, repoId, hex)
  if (file) return { size: file.size, open: (start, end) => store.open(file.cid, { start, end }) }
  const made = await config()
  if (!made) return undefined
  const open = async (start: number, end: number) =>
    Readable.from([made.bytes.subarray(start, end)], { objectMode: false })
  return { size: made.bytes.length, open }
}

const send = async (request: FastifyRequest, reply: FastifyReply, { size, open }: Bytes) => {
  const range = ByteRange.parse(request.headers.range, size)
  if (range === 'unsatisfiable' && size > 0) {
    return reply.code(416).header('content-range', `bytes */${size}`).send()
  }
  const { start, end } =
    typeof range === 'object' ? { start: range.start, end: range.end + 1 } : { start: 0, end: size }
  if (typeof range === 'object') reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
  reply.header('content-length', end - start)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(end === start ? '' : await open(start, end))
}
