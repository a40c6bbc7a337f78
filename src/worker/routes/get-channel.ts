import type { FastifyInstance } from 'fastify'
import { NotFound } from '../../core/index.ts'
import { ProviderWire } from '../../wire/index.ts'
import type { WorkerContext } from '../app.ts'
import { bytes32Of } from './path.ts'

/** `GET /channels/{channelId}`: totals of a channel with the last voucher and receipt, for a client that lost its state. */
export function getChannel(app: FastifyInstance, { ledger, channels }: WorkerContext): void {
  app.get<{ Params: { channelId: string } }>('/channels/:channelId', async (request, reply) => {
    const channelId = bytes32Of(request.params.channelId, 'channel id')
    if (!(await ledger.channel(channelId))) await channels.refresh(channelId)
    const book = await ledger.channel(channelId)
    if (!book) throw new NotFound(`Channel ${channelId} is not known here.`, { code: 'unknown_channel' })
    const { ceiling: _, ...state } = book
    const body = { ...state, lastReceipt: (await ledger.lastReceipt(channelId)) ?? null }
    return reply.type('application/json').send(ProviderWire.toJson(body))
  })
}
