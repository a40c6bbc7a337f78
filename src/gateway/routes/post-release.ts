import type { FastifyInstance } from 'fastify'
import { Struct } from '../../core/index.ts'
import { GatewayWire, ProviderWire } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'
import { anyPayerOf } from '../take-order.ts'

/** `POST /v1/channels/release`: settles idle channels of this key, so that what is left in them can be withdrawn. */
export function postRelease(app: FastifyInstance, gateway: Gateway): void {
  app.post('/channels/release', async (request, reply) => {
    const payer = await anyPayerOf(gateway, request)
    const { channelId } = Struct.parseWith(GatewayWire.ReleaseBody, request.body ?? {}, 'release request')
    const result = await gateway.channels.release(payer, channelId)
    return reply.type('application/json').send(ProviderWire.toJson(result satisfies GatewayWire.ReleaseResult))
  })
}
