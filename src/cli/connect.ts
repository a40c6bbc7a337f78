import type { Signer } from '../core/index.ts'
import { Client, PortableSigner } from '../sdk/index.ts'
import type { Io } from './Io.ts'
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
  const keys = await Keystore.read(io.config.home)
  const endpoint = (options.endpoint ?? io.config.endpoint).replace(/\/+$/, '')
  return Client.from({
    endpoint,
    token: options.token ?? io.config.token ?? (how.asStranger ? undefined : keys.tokens[endpoint]),
    apiKey: options.apiKey ?? io.config.apiKey ?? keys.apiKeys[endpoint],
    signer: signerFrom(io.config.privateKey ?? keys.privateKey),
    rpcUrl: io.config.rpcUrl,
    cacheDir: `${io.config.home}/cache`,
    now: io.now,
  })
}

const signerFrom = (privateKey: string | undefined): Signer | undefined =>
  privateKey === undefined ? undefined : PortableSigner.from(privateKey)
