import { Domain, type Hex } from '../core/index.ts'
import { HubWire } from '../wire/index.ts'
import { type Connection, signerOf } from './Connection.ts'

export type Account = {
  name: string
  fullname: string | null
  address: Hex | null
  orgs: { name: string; role: string | null }[]
  /** Of the token: `write`, `read` or `fineGrained`. */
  role: string | null
}

/** Who the token belongs to. Throws `NotAuthenticated`. */
export async function whoami(connection: Connection): Promise<Account> {
  const body = (await connection.hub.json('/api/whoami-v2')) as Record<string, unknown>
  const orgs = Array.isArray(body.orgs) ? (body.orgs as { name: string; roleInOrg?: string }[]) : []
  const auth = body.auth as { accessToken?: { role?: string } } | undefined
  return {
    name: String(body.name),
    fullname: typeof body.fullname === 'string' ? body.fullname : null,
    address: typeof body.address === 'string' ? (body.address.toLowerCase() as Hex) : null,
    orgs: orgs.map((org) => ({ name: org.name, role: org.roleInOrg ?? null })),
    role: auth?.accessToken?.role ?? null,
  }
}

export type LoginOptions = {
  /** Name of the account; wanted at the first login of a wallet. */
  username?: string | undefined
  /** What the token is called in the account's list. */
  tokenName?: string | undefined
  scope?: 'read' | 'write' | undefined
}

/** Signs in with the wallet (ERC-4361) and returns a new token. Throws `NotAuthenticated`. */
export async function login(connection: Connection, options: LoginOptions = {}): Promise<HubWire.TokenCreated> {
  const signer = signerOf(connection)
  const [{ nonce, domain, chainId }, { createSiweMessage }, { getAddress }] = await Promise.all([
    connection.hub.json('/api/dehug/nonce').then((body) => HubWire.LoginNonce.parse(body)),
    import('viem/siwe'),
    import('viem'),
  ])
  const message = createSiweMessage({
    address: getAddress(signer.address),
    chainId,
    domain,
    nonce,
    uri: connection.endpoint,
    version: '1',
    statement: 'Sign in to DeHug.',
    issuedAt: new Date(connection.now()),
  })
  const body: HubWire.CreateToken = {
    message,
    signature: await signer.sign(Domain.personalDigest(message)),
    scope: options.scope ?? 'write',
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.tokenName === undefined ? {} : { name: options.tokenName }),
  }
  return HubWire.TokenCreated.parse(await connection.hub.json('/api/dehug/tokens', { method: 'POST', body }))
}
