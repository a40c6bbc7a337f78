import { importJWK, SignJWT } from 'jose'
import { Account, type Db, OidcKey } from '../../catalog/index.ts'

const lifetimeSeconds = 3600

export type Claims = Record<string, unknown>

/** What a program may know about a person, by its scopes (OpenID Connect Core, section 5.4). */
export const claimsOf = async (
  db: Db,
  user: Account.Account,
  scopes: readonly string[],
  origin: string,
): Promise<Claims> => ({
  sub: user.id,
  ...(scopes.includes('profile') ? await profileOf(db, user, origin) : {}),
  ...(scopes.includes('email') && user.email !== null ? { email: user.email, email_verified: true } : {}),
})

const profileOf = async (db: Db, user: Account.Account, origin: string): Promise<Claims> => ({
  name: user.fullname,
  preferred_username: user.name,
  profile: `${origin}/${user.name}`,
  picture: '',
  isPro: user.plan !== 'free',
  canPay: false,
  ...(user.address === null ? {} : { wallet: user.address }),
  orgs: (await Account.memberships(db, user.id)).map(({ org, role }) => ({
    sub: org.id,
    name: org.fullname,
    preferred_username: org.name,
    picture: '',
    plan: org.plan,
    isEnterprise: org.plan === 'enterprise',
    roleInOrg: role,
  })),
})

/** A signed ID token. */
export const sign = async (
  db: Db,
  of: { issuer: string; clientId: string; claims: Claims; nonce: string | undefined; authenticatedAt: Date },
  now: Date,
): Promise<string> => {
  const jwk = await OidcKey.current(db, now)
  const issuedAt = Math.floor(now.getTime() / 1000)
  return new SignJWT({
    ...of.claims,
    auth_time: Math.floor(of.authenticatedAt.getTime() / 1000),
    ...(of.nonce === undefined ? {} : { nonce: of.nonce }),
  })
    .setProtectedHeader({ alg: jwk.alg, kid: jwk.kid, typ: 'JWT' })
    .setIssuer(of.issuer)
    .setAudience(of.clientId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(await importJWK(jwk, jwk.alg))
}
