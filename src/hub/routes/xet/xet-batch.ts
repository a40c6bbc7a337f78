import type { FastifyRequest } from 'fastify'
import type { Repo, Token } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { presentFor } from '../../inline-file.ts'
import { mapParallel } from '../../map-parallel.ts'
import { originOf, places } from '../../request.ts'
import { issueXetToken, xetHeaders } from './get-xet-token.ts'

const objectsAtOnce = 16

/** The answer of the LFS batch API to a client that sends files through Xet: where to, and with which token. */
export const xetBatch = async (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
  holder: Token.Holder,
  objects: readonly { oid: string; size: number }[],
) => {
  const api = places.find(({ type }) => type === repo.type)?.api
  const href = `${originOf(context, request)}${api}/${RepoId.format({ ...repo })}/xet-write-token/main`
  const header = xetHeaders(issueXetToken(context, request, repo, 'write', holder))
  const answers = await mapParallel(objects, objectsAtOnce, async ({ oid, size }) => {
    const stored = await presentFor(context, holder, oid)
    if (stored && stored.size !== size) {
      return { oid, size, error: { code: 422, message: `${oid} has ${stored.size} bytes, not ${size}.` } }
    }
    return { oid, size, authenticated: true, ...(stored ? {} : { actions: { upload: { href, header } } }) }
  })
  return { transfer: 'xet', objects: answers, hash_algo: 'sha256' }
}
