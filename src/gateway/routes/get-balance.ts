import type { FastifyInstance } from 'fastify'
import { type GatewayWire, ProviderWire } from '../../wire/index.ts'
import * as ChannelStore from '../ChannelStore.ts'
import type { Gateway } from '../Gateway.ts'
import { anyPayerOf } from '../take-order.ts'

/** `GET /v1/balance`: what the key's payer has, and what this key may still spend. */
export function getBalance(app: FastifyInstance, gateway: Gateway): void {
  app.get('/balance', async (request, reply) => {
    const payer = await anyPayerOf(gateway, request)
    const [free, session, rows] = await Promise.all([
      gateway.treasury.free(payer.session.payer),
      gateway.sessions.refresh(payer),
      ChannelStore.notClosedOf(gateway.database, payer.signer.address),
    ])
    const books = new Map(gateway.channels.books(payer.signer.address).map(({ book }) => [book.channelId, book]))
    const channels = rows.map((row): GatewayWire.ChannelView => {
      const book = books.get(row.channelId as `0x${string}`)
      const { locked, spent, ceiling } = book ?? row
      const terms = { channelId: row.channelId, session: row.session, provider: row.provider } as const
      return {
        ...(terms as Pick<GatewayWire.ChannelView, 'channelId' | 'session' | 'provider'>),
        ...{
          modelId: BigInt(row.modelId),
          lane: row.lane,
          state: row.state,
          locked,
          spent,
          ceiling,
          inFlight: book?.inFlight.size ?? 0,
        },
      }
    })
    const sum = (pick: (channel: GatewayWire.ChannelView) => bigint) =>
      channels.reduce((total, one) => total + pick(one), 0n)
    const balance: GatewayWire.Balance = {
      ...{ payer: session.payer, key: session.key, sessionId: session.session, free },
      ...{ locked: sum(({ locked, spent }) => locked - spent), spent: sum(({ spent }) => spent) },
      limit: {
        ...{ cap: session.cap, used: session.used, left: session.cap - session.used },
        ...{ expiry: session.expiry, revoked: session.revoked },
      },
      channels,
    }
    return reply.type('application/json').send(ProviderWire.toJson(balance))
  })
}
