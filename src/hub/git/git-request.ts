import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyRequest, RouteShorthandOptions } from 'fastify'
import { Repo, type Token } from '../../catalog/index.ts'
import { BadInput, type RepoId } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { BodyTooLarge } from '../errors.ts'
import { findReadable, paramsOf, requireHolder } from '../request.ts'
import { assertMayDiscuss } from '../routes/commits/target.ts'

/** git and git-lfs ask the person for a name and a token only where the answer names the scheme. */
export const askForToken: RouteShorthandOptions = {
  onSend: async (_request, reply, payload) => {
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Basic realm="DeHug", charset="UTF-8"')
    return payload
  },
}

/** The repository of a git URL: clients write `name.git` or `name`. Throws `RepoNotFound`. */
export const gitRepo = (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<Repo.Repo> => {
  const { ns = '', name = '' } = paramsOf(request)
  return findReadable(context, request, type, `${ns}/${name.replace(/\.git$/, '')}`)
}

/**
 * Asserts that the caller may push something here: whoever may write, and for a pull request of theirs whoever may open
 * one. Each name is asked about again when it is pushed. Throws `TokenNeeded`, `WriteRefused` and `DiscussionsRefused`.
 */
export const assertMayPush = async (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
): Promise<Token.Holder> => {
  const holder = requireHolder(request)
  const writes = await Repo.mayWrite(context.catalog.db, repo, holder)
  return writes ? holder : assertMayDiscuss(request, repo)
}

/** The bytes of a request, unpacked where they came as gzip; more than `limit` of them throw {@link BodyTooLarge}. */
export async function* bodyBytes(request: FastifyRequest, limit: number): AsyncGenerator<Uint8Array> {
  let received = 0
  try {
    for await (const piece of unpacked(request)) {
      received += piece.length
      if (received > limit) throw new BodyTooLarge('The body', limit)
      yield piece
    }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code?.startsWith('Z_')) throw new BadInput('The body is not gzip.', { code: 'bad_gzip', cause: error })
    throw error
  }
}

const unpacked = (request: FastifyRequest): AsyncIterable<Uint8Array> => {
  const body = (request.body ?? Readable.from([])) as Readable
  const coding = request.headers['content-encoding']
  if (coding === undefined || coding === 'identity') return body
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new BadInput(`The content coding "${coding.slice(0, 40)}" is not offered.`, { code: 'bad_coding' })
  }
  const gunzip = createGunzip()
  body.once('error', (error) => gunzip.destroy(error))
  return body.pipe(gunzip)
}
