import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Repo, Token } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { XetWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { assertMayDownload } from '../../Gate.ts'
import { originOf, places, type Route, readableRepo } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import { assertMayCommitTo, refOfUrl } from '../commits/target.ts'
import * as XetGrant from './XetGrant.ts'

const lifetimeMs = 3_600_000

/** Where the Xet store is, and a token for it: to fetch the files of a repository, or to send files for it. */
export const getXetToken: Route = (app, context) => {
  for (const { type, api } of places) {
    for (const kind of ['read', 'write'] as const) {
      app.get(`${api}/:ns/:name/xet-${kind}-token/:rev`, (request, reply) =>
        answer(context, request, reply, type, kind),
      )
    }
  }
}

const answer = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  type: RepoId.RepoType,
  kind: 'read' | 'write',
): Promise<XetWire.Token> => {
  const repo = await readableRepo(context, request, type)
  await assertMayDownload(context, request, repo)
  if (kind === 'write') await assertMayCommitTo(context, request, repo, refOfUrl(request))
  const token = issueXetToken(context, request, repo, kind, request.holder)
  reply.headers(xetHeaders(token))
  return token
}

/** A token of the Xet store for a caller whose rights were looked at. */
export const issueXetToken = (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
  kind: 'read' | 'write',
  holder: Token.Holder | undefined,
): XetWire.Token => {
  const exp = Math.floor((context.clock().getTime() + lifetimeMs) / 1000)
  const grant = { kind, token: holder?.token.id ?? null, repo: repo.key, expiresAt: exp * 1000 }
  return { casUrl: `${originOf(context, request)}${casPath}`, accessToken: XetGrant.seal(context.linkKey, grant), exp }
}

/** The same in headers, where some clients look. */
export const xetHeaders = ({ casUrl, accessToken, exp }: XetWire.Token): Record<string, string> => ({
  'X-Xet-Cas-Url': casUrl,
  'X-Xet-Access-Token': accessToken,
  'X-Xet-Token-Expiration': String(exp),
})
