import type { FastifyRequest } from 'fastify'
import { Repo, Token } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { RepoNotFound } from '../../errors.ts'
import { mayDownload } from '../../Gate.ts'
import * as XetGrant from './XetGrant.ts'

/** Options of routes that take the store's access tokens and not those of the hub. */
export const ownCredentials = { config: { ownCredentials: true } } as const

export type XetCaller = { repo: Repo.Repo; holder: Token.Holder | undefined }

/**
 * Who uses an access token of the store, and for which repository. What its user may has been looked up again, so that
 * a token that was revoked and a repository that was closed count at once. Throws `BadXetToken`, `RepoNotFound`.
 */
export const xetCaller = (context: HubContext, request: FastifyRequest): Promise<XetCaller> =>
  callerOf(context, grantOf(context, request))

/** As {@link xetCaller}, for an upload. Throws `XetWriteRefused` too. */
export const xetWriter = async (context: HubContext, request: FastifyRequest): Promise<XetWriter> => {
  const grant = grantOf(context, request)
  if (grant.kind !== 'write') throw new XetGrant.XetWriteRefused()
  const { repo, holder } = await callerOf(context, grant)
  if (!holder) throw new XetGrant.XetWriteRefused()
  return { repo, holder }
}

export type XetWriter = { repo: Repo.Repo; holder: Token.Holder }

const grantOf = ({ linkKey, clock }: HubContext, request: FastifyRequest): XetGrant.XetGrant => {
  const [, text] = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (text === undefined) throw new XetGrant.BadXetToken('is missing')
  return XetGrant.open(linkKey, text, clock())
}

const callerOf = async (context: HubContext, grant: XetGrant.XetGrant): Promise<XetCaller> => {
  const { db } = context.catalog
  const holder = grant.token === null ? undefined : await Token.byId(db, grant.token, context.clock())
  if (grant.token !== null && !holder) throw new XetGrant.BadXetToken('belongs to a token that has ended')
  const repo = await Repo.find(db, RepoId.parse(grant.repo))
  const mayRead = repo && (await Repo.mayRead(db, repo, holder)) && (await mayDownload(context, repo, holder))
  if (!mayRead) throw new RepoNotFound(grant.repo)
  return { repo, holder }
}
