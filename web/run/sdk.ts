'use client'
import type { Connection, ReadBlob } from 'dehug/sdk/web'

/** The SDK, loaded when it is first needed. */
export const loadSdk = () => import('dehug/sdk/web')

/** This origin as the holder of a key sees it; the web server passes the hub's and the gateway's paths through. */
export const connect = async (options: { apiKey?: string | undefined; rpcUrl?: string | undefined } = {}) => {
  const sdk = await loadSdk()
  const connection: Connection.Connection = sdk.Connection.from({
    endpoint: location.origin,
    gateway: location.origin,
    apiKey: options.apiKey,
    rpcUrl: options.rpcUrl || undefined,
  })
  return { sdk, connection }
}

/** Batches lie with their providers; this origin fetches them, and the SDK checks what it brought. */
export const readBatchFile: ReadBlob = async ({ root }) => {
  const answer = await fetch(`/batches/${root}/file`)
  if (!answer.ok) throw await (await loadSdk()).Http.errorOf(answer)
  return new Uint8Array(await answer.arrayBuffer())
}

/** What a failure says to people. */
export type Failure = { message: string; hint?: string; code?: string; details?: Record<string, unknown> }

/** Reads any thrown thing; the SDK's errors carry a code and a way out. */
export const failureOf = (error: unknown): Failure => {
  const { message, hint, code, details } = error as Partial<Failure>
  return {
    message: message ?? String(error),
    ...(hint ? { hint } : {}),
    ...(code ? { code } : {}),
    ...(details ? { details } : {}),
  }
}
