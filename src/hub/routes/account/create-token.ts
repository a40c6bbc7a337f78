import type { FastifyRequest } from 'fastify'
import { Account, type Db, Repo, Rights, Token } from '../../../catalog/index.ts'
import { BadInput, type Hex, NotPermitted, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { originOf, type Route, requireHolder } from '../../request.ts'
import { walletOf } from '../../wallet-login.ts'

type Wish = ReturnType<typeof HubWire.CreateToken.parse>

/** Gives a token to a wallet that logs in, or a further one to somebody who has one that may do everything. */
export const createToken: Route = (app, context) => {
  app.post('/api/dehug/tokens', async (request): Promise<HubWire.TokenCreated> => {
    const wish = Struct.parseWith(HubWire.CreateToken, request.body, 'request for a token')
    const user = wish.message === undefined ? bearer(request) : await fromWallet(context, request, wish)
    const { db } = context.catalog
    const { rights, ...grant } = grantOf(wish)
    const followed = rights && (await followMoves(db, user, rights))
    const { secret, token } = await Token.issue(db, user, { ...grant, rights: followed }, context.clock())
    return { token: secret, id: token.id, user: user.name, address: user.address }
  })
}

const bearer = (request: FastifyRequest): Account.Account => assertUnlimited(requireHolder(request))

/** The user of a token that may do all they may. Throws `NotPermitted` for a limited one. */
export const assertUnlimited = ({ user, token }: Token.Holder): Account.Account => {
  if (Token.isUnlimited(token)) return user
  throw new NotPermitted('A limited token cannot make other tokens or give access.', {
    code: 'token_limited',
    hint: 'Use an unlimited write token, or log in with the wallet.',
  })
}

/** With a token and a wallet's message, the wallet is bound to the token's user who has none yet. */
const fromWallet = async (context: HubContext, request: FastifyRequest, wish: Wish): Promise<Account.Account> => {
  const { db } = context.catalog
  if (wish.message === undefined || wish.signature === undefined) {
    throw new BadInput('A login needs both message and signature.', { code: 'bad_login' })
  }
  const signed = { message: wish.message, signature: wish.signature as Hex }
  const address = await walletOf(context, originOf(context, request), signed)
  if (request.holder) return Account.bindWallet(db, bearer(request), address)
  return Account.ofWallet(db, address, wish.username, context.clock())
}

const grantOf = (wish: Wish): Token.Grant => ({
  name: wish.name,
  ...rightsOf(wish),
  spendCapMicroUsdc: wish.spendCapMicroUsdc === undefined ? undefined : BigInt(wish.spendCapMicroUsdc),
  expiresAt: wish.expiresAt === undefined ? undefined : new Date(wish.expiresAt),
})

/** Rights on a name that a repository gave up are rights on that repository, where the user may know it. */
const followMoves = async (db: Db, user: Account.Account, rights: Rights.Rights): Promise<Rights.Rights> => {
  const present = async (entity: string): Promise<string> => {
    const moved = entity.includes('/') ? await Repo.findMoved(db, RepoId.parse(entity)) : undefined
    const known = moved && (moved.visibility === 'public' || (await Account.roleIn(db, moved.ownerId, user.id)))
    return known ? moved.key : entity
  }
  const scoped: Rights.Rights['scoped'] = []
  for (const { entity, permissions } of rights.scoped) scoped.push({ entity: await present(entity), permissions })
  return { ...rights, scoped }
}

const rightsOf = ({ scope, repos, fineGrained }: Wish): Pick<Token.Grant, 'scope' | 'rights'> => {
  if (fineGrained === undefined && repos === undefined) return { scope }
  if (fineGrained !== undefined && repos !== undefined) {
    throw new BadInput('A token takes either repos or fineGrained.', { code: 'bad_rights' })
  }
  const permissions = [scope === 'write' ? 'repo.write' : 'repo.content.read']
  const scoped = repos?.map((entity) => ({ entity: RepoId.key(RepoId.parse(entity)), permissions }))
  return { scope: 'fineGrained', rights: Rights.from(fineGrained ?? { canReadGatedRepos: true, scoped }) }
}
