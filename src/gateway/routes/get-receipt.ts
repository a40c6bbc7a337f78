import { and, eq } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { BadInput, NotFound } from '../../core/index.ts'
import type { Gateway } from '../Gateway.ts'
import { receiptViews } from '../receipt-view.ts'
import { jobs } from '../tables.ts'
import { anyPayerOf } from '../take-order.ts'

/** `GET /v1/receipts/{jobId}`: one charge of this key, with everything needed to check it. */
export function getReceipt(app: FastifyInstance, gateway: Gateway): void {
  app.get<{ Params: { jobId: string } }>('/receipts/:jobId', async (request) => {
    const payer = await anyPayerOf(gateway, request)
    const jobId = request.params.jobId.toLowerCase()
    if (!/^0x[0-9a-f]{64}$/.test(jobId)) {
      throw new BadInput(`"${jobId.slice(0, 80)}" is not a job id: expected 0x and 64 digits.`, { code: 'bad_job_id' })
    }
    const mine = and(eq(jobs.jobId, jobId), eq(jobs.key, payer.signer.address), eq(jobs.state, 'done'))
    const [view] = await receiptViews(gateway.database, mine, 1)
    if (!view) throw new NoReceipt(jobId)
    return view
  })
}

/** This key has no receipt with that job id. */
class NoReceipt extends NotFound {
  constructor(jobId: string) {
    super(`This API key has no receipt of job ${jobId}.`, {
      code: 'receipt_not_found',
      hint: 'GET /v1/receipts lists those it has; a job that still runs has none yet.',
    })
  }
}
