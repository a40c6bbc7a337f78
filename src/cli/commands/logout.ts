import { NotAuthenticated } from '../../core/index.ts'
import { Client } from '../../sdk/index.ts'
import type { ConnectOptions } from '../connect.ts'
import { type Io, note, print } from '../Io.ts'
import * as Keystore from '../Keystore.ts'

export type LogoutResult = { endpoint: string; loggedOut: boolean }

/** Ends the stored token at the hub and forgets it; the key stays. */
export async function logout(options: ConnectOptions, io: Io): Promise<LogoutResult> {
  const endpoint = (options.endpoint ?? io.config.endpoint).replace(/\/+$/, '')
  const keys = await Keystore.read(io.config.home)
  const token = keys.tokens[endpoint]
  if (token === undefined) {
    print(io, `Not logged in to ${endpoint}.`)
    return { endpoint, loggedOut: false }
  }
  const renewal = keys.renewals[endpoint]
  const client = Client.from({ endpoint, token })
  try {
    await (renewal ? client.revokeLogin(renewal.refreshToken) : client.revokeToken('self'))
  } catch (error) {
    if (!(error instanceof NotAuthenticated)) note(io, `The hub could not end the token: ${(error as Error).message}`)
  }
  await Keystore.update(io.config.home, (now) => ({
    ...now,
    tokens: without(now.tokens, endpoint),
    renewals: without(now.renewals, endpoint),
  }))
  print(io, `Logged out of ${endpoint}.`)
  return { endpoint, loggedOut: true }
}

const without = <T>(all: Record<string, T>, name: string): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => key !== name))
