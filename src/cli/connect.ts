import type { Signer } from '../core/index.ts'
import { Client, PortableSigner } from '../sdk/index.ts'
import { type Io, note } from './Io.ts'
import * as Keystore from './Keystore.ts'

/** Options that every verb which talks to a hub takes. */
export type ConnectOptions = {
  endpoint?: string | undefined
  token?: string | undefined
  apiKey?: string | undefined
}

/** `asStranger` leaves the stored token out: a sign-in speaks for the wallet, not for whoever was signed in before. */
type How = { asStranger?: boolean }

/** The client of this user: key, token and inference key from options, environment or the key file, in this order. */
export async function connect(options: ConnectOptions, io: Io, how: How = {}): Promise<Client.Client> {
  const endpoint = (options.endpoint ?? io.config.endpoint).replace(/\/+$/, '')
  const ownToken = options.token ?? io.config.token
  const keys =
    ownToken === undefined && !how.asStranger ? await renewed(endpoint, io) : await Keystore.read(io.config.home)
  return Client.from({
    endpoint,
    token: ownToken ?? (how.asStranger ? undefined : keys.tokens[endpoint]),
    apiKey: options.apiKey ?? io.config.apiKey ?? keys.apiKeys[endpoint],
    signer: signerFrom(io.config.privateKey ?? keys.privateKey),
    rpcUrl: io.config.rpcUrl,
    cacheDir: `${io.config.home}/cache`,
    now: io.now,
  })
}

const renewBeforeMs = 24 * 3_600_000

/** The key file, with a token that is about to end renewed first. Where the hub refuses, the old one is used as it is. */
async function renewed(endpoint: string, io: Io): Promise<Keystore.Keys> {
  const keys = await Keystore.read(io.config.home)
  const renewal = keys.renewals[endpoint]
  if (!renewal || renewal.expiresAt - io.now() > renewBeforeMs) return keys
  try {
    const fresh = await Client.from({ endpoint, now: io.now }).refreshLogin(renewal.refreshToken)
    const { refreshToken = renewal.refreshToken, expiresAt } = fresh
    return await Keystore.update(io.config.home, (now) => ({
      ...now,
      tokens: { ...now.tokens, [endpoint]: fresh.token },
      renewals: { ...now.renewals, [endpoint]: { refreshToken, expiresAt } },
    }))
  } catch (error) {
    note(io, `The sign-in at ${endpoint} could not be renewed: ${(error as Error).message}`)
    return keys
  }
}

const signerFrom = (privateKey: string | undefined): Signer | undefined =>
  privateKey === undefined ? undefined : PortableSigner.from(privateKey)
