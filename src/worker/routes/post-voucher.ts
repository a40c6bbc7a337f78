import type { FastifyInstance } from 'fastify'
import { Struct } from '../../core/index.ts'
import { ProviderWire } from '../../wire/index.ts'
import type { WorkerContext } from '../app.ts'
import { bytes32Of } from './path.ts'

/** `POST /jobs/{jobId}/voucher`: more money for a stream that pauses at its ceiling. */
export function postVoucher(app: FastifyInstance, { jobs }: WorkerContext): void {
  app.post<{ Params: { jobId: string } }>('/jobs/:jobId/voucher', async (request, reply) => {
    const body = Struct.parseWith(ProviderWire.VoucherBody, request.body, 'voucher body')
    const result = await jobs.raise(bytes32Of(request.params.jobId, 'job id'), body)
    return reply.type('application/json').send(ProviderWire.toJson(result))
  })
}
