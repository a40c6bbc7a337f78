import { and, eq, gte } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Struct } from '../../core/index.ts'
import type { Gateway } from '../Gateway.ts'
import { receiptViews } from '../receipt-view.ts'
import { jobs } from '../tables.ts'
import { anyPayerOf } from '../take-order.ts'

const Query = z.object({
  since: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** `GET /v1/receipts?since=<unix ms>&limit=`: this key's receipts, oldest first. A page is a little longer where many ended in one millisecond. */
export function getReceipts(app: FastifyInstance, gateway: Gateway): void {
  app.get('/receipts', async (request) => {
    const payer = await anyPayerOf(gateway, request)
    const { since, limit } = Struct.parseWith(Query, request.query, 'query')
    const mine = and(eq(jobs.key, payer.signer.address), eq(jobs.state, 'done'), gte(jobs.finishedAt, since))
    const views = await receiptViews(gateway.database, mine, limit)
    const last = views.length < limit ? undefined : views.at(-1)
    return { receipts: views, next: last ? last.finishedAt + 1 : null }
  })
}
