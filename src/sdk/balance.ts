import { type Hex, Struct } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'

/** What this API key may still spend, and where its money is. */
export async function balance(connection: Connection): Promise<GatewayWire.Balance> {
  const gateway = await connection.gateway()
  return Struct.parseWith(GatewayWire.Balance, await gateway.json('/v1/balance'), 'balance')
}

export type ReleaseOptions = { channelId?: Hex | undefined }

/** Has idle channels settled and what is left in them freed; one channel, or all of this key. */
export async function release(connection: Connection, options: ReleaseOptions): Promise<GatewayWire.ReleaseResult> {
  const gateway = await connection.gateway()
  const body = options.channelId === undefined ? {} : { channelId: options.channelId }
  return Struct.parseWith(
    GatewayWire.ReleaseResult,
    await gateway.json('/v1/channels/release', { method: 'POST', body }),
    'release',
  )
}
