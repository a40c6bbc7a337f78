import { Domain, type Hex } from '../core/index.ts'
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
  /** The account's name at the hub; wanted at the first login of a wallet. */
  name?: string | undefined
}

/** Signs in with the wallet (EIP-4361) and returns a new write token. Throws `NotAuthenticated`. */
export async function login(
  connection: Connection,
  options: LoginOptions = {},
): Promise<{ token: string; name: string; address: Hex }> {
  const signer = signerOf(connection)
  const { nonce } = (await connection.hub.json('/api/dehug/nonce')) as { nonce: string }
  const { chainId } = await connection.network()
  const [{ createSiweMessage }, { getAddress }] = await Promise.all([import('viem/siwe'), import('viem')])
  const url = new URL(connection.endpoint)
  const message = createSiweMessage({
    address: getAddress(signer.address),
    chainId,
    domain: url.host,
    nonce,
    uri: url.origin,
    version: '1',
    statement: 'Sign in to DeHug.',
    issuedAt: new Date(connection.now()),
  })
  const signature = await signer.sign(Domain.personalDigest(message))
  const answer = (await connection.hub.json('/api/dehug/login', {
    method: 'POST',
    body: { message, signature, ...(options.name === undefined ? {} : { name: options.name }) },
  })) as { token: string; name: string }
  return { ...answer, address: signer.address }
}
