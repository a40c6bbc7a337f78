import type { FastifyReply, FastifyRequest } from 'fastify'
import { Blob, Repo, type Token } from '../../../catalog/index.ts'
import { BadInput, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import * as Capability from '../../Capability.ts'
import type { HubContext } from '../../context.ts'
import { assertMayDownload } from '../../Gate.ts'
import { askForToken, assertMayPush, gitRepo } from '../../git/git-request.ts'
import { presentFor } from '../../inline-file.ts'
import { mapParallel } from '../../map-parallel.ts'
import { partCount } from '../../PartialUpload.ts'
import { linkPrefix, originOf, places, type Route } from '../../request.ts'
import { xetBatch } from '../xet/xet-batch.ts'

const linkLifetimeMs = 24 * 3_600_000
const objectsAtOnce = 16
/** Links in one answer; files that would need more of them are sent in one piece. */
const maxPartLinks = 20_000

type Wanted = { oid: string; size: number }

/** The LFS batch API (git-lfs, docs/api/batch.md) with the transfers `basic` and, for Hugging Face clients, `multipart`. */
export const lfsBatch: Route = (app, context) => {
  for (const { type, files } of places) {
    app.post(`${files}/:ns/:name/info/lfs/objects/batch`, askForToken, (request, reply) =>
      batch(context, request, reply, type),
    )
  }
}

/** One batch while it is answered. `authorization` goes back to the client, whose later requests carry it. */
type Batch = {
  context: HubContext
  origin: string
  base: string
  authorization: Record<string, string>
  partLinks: number
  /** What the client wants parts to be, where it says so. */
  partBytes: number | undefined
}

const batch = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const repo = await gitRepo(context, request, type)
  const { operation, objects, transfers, hash_algo, part_size } = Struct.parseWith(
    HubWire.LfsBatch,
    request.body,
    'LFS batch',
  )
  if (hash_algo && !/^sha_?256$/.test(hash_algo)) {
    throw new BadInput(`The hash algorithm "${hash_algo.slice(0, 20)}" is not offered; use sha256.`, {
      code: 'bad_hash_algo',
    })
  }
  reply.header('content-type', 'application/vnd.git-lfs+json')
  const origin = originOf(context, request)
  const { authorization } = request.headers
  const made: Batch = {
    context,
    origin,
    base: `${origin}/${linkPrefix(type)}${RepoId.format(Repo.idOf(repo))}.git/info/lfs`,
    authorization: authorization === undefined ? {} : { Authorization: authorization },
    partLinks: transfers.includes('multipart') ? maxPartLinks : 0,
    partBytes: part_size,
  }
  if (operation === 'download') {
    await assertMayDownload(context, request, repo)
    const answers = await mapParallel(objects, objectsAtOnce, (object) => downloadable(made, repo, object))
    return { transfer: 'basic', objects: answers, hash_algo: 'sha256' }
  }
  const holder = await assertMayPush(context, request, repo)
  if (transfers.includes('xet')) return xetBatch(context, request, repo, holder, objects)
  const answers = await mapParallel(objects, objectsAtOnce, (object) => uploadable(made, holder, object))
  const inParts = made.partLinks < maxPartLinks && transfers.includes('multipart')
  return { transfer: inParts ? 'multipart' : 'basic', objects: answers, hash_algo: 'sha256' }
}

/** No actions where this caller's bytes are here already; otherwise a link that carries the right to send them. */
const uploadable = async (made: Batch, holder: Token.Holder, { oid, size }: Wanted) => {
  const { context, origin, base, authorization } = made
  const stored = await presentFor(context, holder, oid)
  if (stored && stored.size !== size) {
    return { oid, size, error: { code: 422, message: `${oid} has ${stored.size} bytes, not ${size}.` } }
  }
  if (stored) return { oid, size, authenticated: true }
  if (size > context.limits.uploadBytes) {
    return { oid, size, error: { code: 413, message: `At most ${context.limits.uploadBytes} bytes are accepted.` } }
  }
  const expiresAt = context.clock().getTime() + linkLifetimeMs
  const partBytes = partBytesFor(made, size)
  const link = Capability.seal(context.linkKey, { user: holder.user.id, sha256: oid, size, expiresAt, partBytes })
  const href = `${origin}/api/dehug/uploads/${link}`
  const expires = { expires_in: linkLifetimeMs / 1000 }
  return {
    oid,
    size,
    authenticated: true,
    actions: {
      upload: { href, header: partBytes === undefined ? {} : partLinks(href, size, partBytes), ...expires },
      verify: { href: `${base}/verify`, header: authorization, ...expires },
    },
  }
}

/** The size of the parts a file is sent in; undefined where it comes in one piece. */
const partBytesFor = (made: Batch, size: number): number | undefined => {
  const { limits } = made.context
  const partBytes = made.partBytes ?? limits.partBytes
  const count = partCount({ size, partBytes })
  if (size <= (made.partBytes ?? limits.multipartBytes - 1) || count > made.partLinks) return undefined
  made.partLinks -= count
  return partBytes
}

/** How Hugging Face's clients are told: `chunk_size`, and a link under the number of each part. */
const partLinks = (href: string, size: number, partBytes: number): Record<string, string> => {
  const links = Array.from({ length: partCount({ size, partBytes }) }, (_, index) => [
    String(index + 1).padStart(5, '0'),
    `${href}/${index + 1}`,
  ])
  return { chunk_size: String(partBytes), ...Object.fromEntries(links) }
}

const downloadable = async ({ context, base, authorization }: Batch, repo: Repo.Repo, { oid, size }: Wanted) => {
  const found = await Blob.inRepo(context.catalog.db, repo.id, oid)
  if (!found) return { oid, size, error: { code: 404, message: `${oid} is not in this repository.` } }
  return {
    oid,
    size: found.size,
    authenticated: true,
    actions: { download: { href: `${base}/objects/${oid}`, header: authorization } },
  }
}
