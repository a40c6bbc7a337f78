import { OauthApp, OauthScope } from '../../catalog/index.ts'
import type { HubContext } from '../context.ts'
import { type Fields, required } from './form.ts'
import { OauthError } from './OauthError.ts'

/** What a program asks of a person (RFC 6749, section 4.1.1). */
export type AuthorizeRequest = {
  app: OauthApp.OauthApp
  redirectUri: string
  state: string | undefined
  scopes: OauthScope.OauthScope[]
  challenge: string | undefined
  nonce: string | undefined
  prompt: string[]
}

/** Names of the parameters that a form has to carry on. */
export const parameters = [
  ...['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method'],
] as const

/** Where a refusal may be sent; until these two are right it is shown to the person instead. Throws {@link OauthError}. */
export const returnAddress = async (
  context: HubContext,
  fields: Fields,
): Promise<Pick<AuthorizeRequest, 'app' | 'redirectUri' | 'state'>> => {
  const app = await OauthApp.find(context.catalog.db, required(fields, 'client_id').slice(0, 200))
  if (app?.flow !== 'code') throw new OauthError('invalid_client', 'This hub knows no such program.', { status: 400 })
  const redirectUri = required(fields, 'redirect_uri')
  if (OauthApp.mayReturnTo(app, redirectUri)) return { app, redirectUri, state: fields.state }
  throw new OauthError('invalid_request', `${app.name} did not register the address it wants you sent back to.`)
}

/** The rest of the request; what is wrong with it is told to the program. Throws {@link OauthError}. */
export const parse = (
  fields: Fields,
  address: Pick<AuthorizeRequest, 'app' | 'redirectUri' | 'state'>,
): AuthorizeRequest => {
  const { app } = address
  if (fields.response_type !== 'code') {
    throw new OauthError('unsupported_response_type', 'This hub offers response_type code only.')
  }
  if (fields.response_mode !== undefined && fields.response_mode !== 'query') {
    throw new OauthError('invalid_request', 'This hub offers response_mode query only.')
  }
  const scopes = OauthScope.parse(fields.scope ?? 'openid profile').filter((scope) => app.scopes.includes(scope))
  if (scopes.length === 0) throw new OauthError('invalid_scope', 'None of the scopes is known and registered.')
  const prompt = (fields.prompt ?? '').split(' ').filter((word) => word !== '')
  return { ...address, scopes, challenge: challengeOf(fields, app), nonce: fields.nonce, prompt }
}

/** PKCE with S256 is a must for programs that can keep no secret (RFC 7636, RFC 9700). */
const challengeOf = (fields: Fields, app: OauthApp.OauthApp): string | undefined => {
  const { code_challenge: challenge, code_challenge_method: method } = fields
  if (challenge === undefined && method === undefined && app.secretHash !== undefined) return undefined
  if (method === 'S256' && /^[A-Za-z0-9_-]{43}$/.test(challenge ?? '')) return challenge
  throw new OauthError('invalid_request', 'The request needs a code_challenge with code_challenge_method S256.')
}
