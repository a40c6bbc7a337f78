import type { FastifyReply, FastifyRequest } from 'fastify'
import { Blob, Repo, type Token } from '../../../catalog/index.ts'
import { BadInput, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import * as Capability from '../../Capability.ts'
import type { HubContext } from '../../context.ts'
import { assertMayDownload } from '../../Gate.ts'
import { presentFor } from '../../inline-file.ts'
import { assertWritable, findReadable, linkPrefix, originOf, paramsOf, places, type Route } from '../../request.ts'

const linkLifetimeMs = 24 * 3_600_000

type Wanted = { oid: string; size: number }

/** The LFS batch API (git-lfs, docs/api/batch.md) with the transfer `basic`. */
export const lfsBatch: Route = (app, context) => {
  for (const { type, files } of places) {
    app.post(`${files}/:ns/:name/info/lfs/objects/batch`, (request, reply) => batch(context, request, reply, type))
  }
}

/** `/{id}.git/info/lfs`: git clients append the suffix, others leave it out. */
export const gitRepo = (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<Repo.Repo> => {
  const { ns = '', name = '' } = paramsOf(request)
  return findReadable(context, request, type, `${ns}/${name.replace(/\.git$/, '')}`)
}

const batch = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const repo = await gitRepo(context, request, type)
  const { operation, objects, hash_algo } = Struct.parseWith(HubWire.LfsBatch, request.body, 'LFS batch')
  if (hash_algo && !/^sha_?256$/.test(hash_algo)) {
    throw new BadInput(`The hash algorithm "${hash_algo.slice(0, 20)}" is not offered; use sha256.`, {
      code: 'bad_hash_algo',
    })
  }
  reply.header('content-type', 'application/vnd.git-lfs+json')
  const base = `${originOf(context, request)}/${linkPrefix(type)}${RepoId.format(Repo.idOf(repo))}.git/info/lfs`
  if (operation === 'download') {
    await assertMayDownload(context, request, repo)
    return {
      transfer: 'basic',
      objects: await Promise.all(objects.map((object) => downloadable(context, repo, base, object))),
    }
  }
  const holder = await assertWritable(context, request, repo)
  const origin = originOf(context, request)
  return {
    transfer: 'basic',
    objects: await Promise.all(objects.map((object) => uploadable(context, holder, origin, base, object))),
  }
}

/** No actions where this caller's bytes are here already; otherwise a link that carries the right to send them. */
const uploadable = async (
  context: HubContext,
  holder: Token.Holder,
  origin: string,
  base: string,
  { oid, size }: Wanted,
) => {
  const stored = await presentFor(context, holder, oid)
  if (stored && stored.size !== size) {
    return { oid, size, error: { code: 422, message: `${oid} has ${stored.size} bytes, not ${size}.` } }
  }
  if (stored) return { oid, size, authenticated: true }
  if (size > context.limits.uploadBytes) {
    return { oid, size, error: { code: 413, message: `At most ${context.limits.uploadBytes} bytes are accepted.` } }
  }
  const expiresAt = context.clock().getTime() + linkLifetimeMs
  const link = Capability.seal(context.linkKey, { user: holder.user.id, sha256: oid, size, expiresAt })
  const expires = { expires_in: linkLifetimeMs / 1000 }
  return {
    oid,
    size,
    authenticated: true,
    actions: {
      upload: { href: `${origin}/api/dehug/uploads/${link}`, header: {}, ...expires },
      verify: { href: `${base}/verify`, header: {}, ...expires },
    },
  }
}

const downloadable = async (context: HubContext, repo: Repo.Repo, base: string, { oid, size }: Wanted) => {
  const found = await Blob.inRepo(context.catalog.db, repo.id, oid)
  if (!found) return { oid, size, error: { code: 404, message: `${oid} is not in this repository.` } }
  return {
    oid,
    size: found.size,
    authenticated: true,
    actions: { download: { href: `${base}/objects/${oid}`, header: {} } },
  }
}
