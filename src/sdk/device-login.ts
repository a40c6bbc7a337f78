import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { NotAuthenticated } from '../core/index.ts'
import type { Connection } from './Connection.ts'

const clientId = 'dehug-cli'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

const Started = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional(),
  expires_in: z.number().default(900),
  interval: z.number().default(5),
})

const Issued = z.object({ access_token: z.string(), refresh_token: z.string().optional(), expires_in: z.number() })

/** What a person has to open and compare while the device waits. */
export type DevicePrompt = { userCode: string; url: string; completeUrl: string; expiresInSeconds: number }

/** A token that ends, with what renews it. `expiresAt` is Unix time in ms. */
export type DeviceToken = { token: string; refreshToken: string | undefined; expiresAt: number }

export type DeviceLoginOptions = { onPrompt: (prompt: DevicePrompt) => void; signal?: AbortSignal | undefined }

/**
 * Signs in on a machine without a browser (RFC 8628): shows a code and waits until a person approves it elsewhere.
 * Throws {@link DeviceRefused}, and the signal's reason when it is aborted.
 */
export async function deviceLogin(connection: Connection, options: DeviceLoginOptions): Promise<DeviceToken> {
  const { signal } = options
  const first = await send(connection, '/oauth/device', { client_id: clientId }, signal)
  if (first.error !== undefined) throw new DeviceRefused(first)
  const started = Started.parse(first)
  const { user_code: userCode, verification_uri: url, expires_in: expiresInSeconds } = started
  options.onPrompt({ userCode, url, completeUrl: started.verification_uri_complete ?? url, expiresInSeconds })
  let waitSeconds = started.interval
  for (const end = connection.now() + expiresInSeconds * 1000; connection.now() < end; ) {
    await delay(waitSeconds * 1000, undefined, signal ? { signal } : {})
    const form = { grant_type: deviceGrant, device_code: started.device_code, client_id: clientId }
    const answer = await send(connection, '/oauth/token', form, signal).catch(orUnavailable(signal))
    if (answer.error === undefined) return tokenOf(connection, answer)
    if (answer.error === 'slow_down') waitSeconds += 5
    // A gateway in between may fail for a while: the code still waits.
    else if (!['authorization_pending', 'unavailable'].includes(String(answer.error))) throw new DeviceRefused(answer)
  }
  throw new DeviceRefused({ error: 'expired_token', error_description: 'The code has expired.' })
}

/** Renews a token of a device sign-in; the old refresh token is used up. Throws {@link DeviceRefused}. */
export async function refreshLogin(connection: Connection, refreshToken: string): Promise<DeviceToken> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
  const answer = await send(connection, '/oauth/token', form, undefined)
  if (answer.error !== undefined) throw new DeviceRefused(answer)
  return tokenOf(connection, answer)
}

/** Ends a device sign-in with all its tokens. */
export const revokeLogin = async (connection: Connection, token: string): Promise<void> => {
  await send(connection, '/oauth/revoke', { token, client_id: clientId }, undefined)
}

const orUnavailable =
  (signal: AbortSignal | undefined) =>
  (error: unknown): Answer => {
    if (signal?.aborted) throw error
    return { error: 'unavailable' }
  }

type Answer = { error?: unknown; error_description?: unknown }

async function send(
  connection: Connection,
  path: string,
  form: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const answer = await connection.fetch(connection.endpoint + path, {
    method: 'POST',
    body: new URLSearchParams(form),
    ...(signal ? { signal } : {}),
  })
  const body = (await answer.json().catch(() => undefined)) as Answer | undefined
  if (typeof body === 'object' && body !== null && answer.status < 500) return body
  return { error: 'unavailable', error_description: `The hub answered with status ${answer.status}.` }
}

function tokenOf(connection: Connection, answer: unknown): DeviceToken {
  const issued = Issued.parse(answer)
  return {
    token: issued.access_token,
    refreshToken: issued.refresh_token,
    expiresAt: connection.now() + issued.expires_in * 1000,
  }
}

/** The person said no, the code is too old, or the hub does not renew the token any more. */
export class DeviceRefused extends NotAuthenticated {
  constructor({ error, error_description: said }: Answer) {
    super(typeof said === 'string' ? said : `The hub refused the sign-in: ${String(error)}.`, {
      code: typeof error === 'string' ? error : 'device_refused',
      hint: 'Run `dehug login --device` again.',
    })
  }
}
