import { Struct } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'
import { type CheckedReceipt, check, checkReceipt } from './check-receipt.ts'

export type ReceiptsOptions = {
  /** One job only. */
  jobId?: string | undefined
  /** Unix ms; receipts of jobs that ended later. */
  since?: number | undefined
  limit?: number | undefined
}

/** The receipts of this API key, oldest first, each checked. Throws `ReceiptRefused` at the first that does not hold. */
export async function receipts(connection: Connection, options: ReceiptsOptions): Promise<CheckedReceipt[]> {
  if (options.jobId !== undefined) return [await checkReceipt(connection, options.jobId)]
  const gateway = await connection.gateway()
  const page = Struct.parseWith(
    GatewayWire.Receipts,
    await gateway.json('/v1/receipts', { query: { since: options.since, limit: options.limit ?? 100 } }),
    'list of receipts',
  )
  return Promise.all(page.receipts.map((view) => check(connection, view)))
}
