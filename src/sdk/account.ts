import { Domain, type Hex } from '../core/index.ts'
import { HubWire, LoginWire } from '../wire/index.ts'
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
  const body: HubWire.CreateToken = {
    ...(await signedMessage(connection, 'Sign in to DeHug.')),
    scope: options.scope ?? 'write',
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.tokenName === undefined ? {} : { name: options.tokenName }),
  }
  return HubWire.TokenCreated.parse(await connection.hub.json('/api/dehug/tokens', { method: 'POST', body }))
}

/** A message of ERC-4361 with this statement, signed by the wallet; it works once. */
async function signedMessage(connection: Connection, statement: string): Promise<{ message: string; signature: Hex }> {
  const signer = signerOf(connection)
  const [{ nonce, domain, chainId }, { createSiweMessage }, { getAddress }] = await Promise.all([
    connection.hub.json('/api/dehug/nonce').then((body) => HubWire.LoginNonce.parse(body)),
    import('viem/siwe'),
    import('viem'),
  ])
  const message = createSiweMessage({
    ...{ address: getAddress(signer.address), chainId, domain, nonce, uri: connection.endpoint },
    ...{ version: '1', statement, issuedAt: new Date(connection.now()) },
  })
  return { message, signature: await signer.sign(Domain.personalDigest(message)) }
}

export type DecideDeviceOptions = { userCode: string; approve?: boolean | undefined }

/**
 * Lets the device that shows a code in, or refuses it; without a token the wallet signs for exactly this code. Left out,
 * `approve` changes nothing and only says who asks for what. Throws `NotFound` where no device waits.
 */
export async function decideDevice(
  connection: Connection,
  { userCode, approve }: DecideDeviceOptions,
): Promise<LoginWire.DeviceDecided> {
  const shown = userCode
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replace(/^(.{4})/, '$1-')
  const body = {
    userCode,
    ...(approve === undefined ? {} : { approve }),
    ...(connection.token === undefined
      ? await signedMessage(connection, `Decide about the device with the code ${shown}.`)
      : {}),
  }
  return LoginWire.DeviceDecided.parse(await connection.hub.json('/api/dehug/device', { method: 'POST', body }))
}

export type TokenOptions = Omit<HubWire.CreateToken, 'message' | 'signature' | 'username'>

/** Makes a further token with the one in use, which must be unlimited. Throws `NotPermitted`. */
export const createToken = async (connection: Connection, options: TokenOptions): Promise<HubWire.TokenCreated> =>
  HubWire.TokenCreated.parse(await connection.hub.json('/api/dehug/tokens', { method: 'POST', body: options }))

/** The account's tokens, without their secrets. */
export const listTokens = async (connection: Connection): Promise<HubWire.TokenListed[]> =>
  HubWire.TokenListed.array().parse(await connection.hub.json('/api/dehug/tokens'))

/** Ends a token at once; `self` is the one in use. */
export const revokeToken = async (connection: Connection, id: string): Promise<void> => {
  await connection.hub.json(`/api/dehug/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** Gives a token a new secret; the old one ends at once. */
export const rotateToken = async (connection: Connection, id: string): Promise<HubWire.TokenCreated> =>
  HubWire.TokenCreated.parse(
    await connection.hub.json(`/api/dehug/tokens/${encodeURIComponent(id)}/rotate`, { method: 'POST' }),
  )
