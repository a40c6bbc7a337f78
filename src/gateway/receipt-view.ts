import { eq, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { jobs, offers } from './tables.ts'

/** A receipt as it is shown: the JSON of `GatewayWire.ReceiptView`. */
export type View = { jobId: string; finishedAt: number; [field: string]: unknown }

/** Receipts in order of time: `limit`, and all others that ended in the last one's millisecond. */
export async function receiptViews(database: NodePgDatabase, where: SQL | undefined, limit: number): Promise<View[]> {
  const { rows } = await database.execute<{ row: View }>(sql`
    select json_build_object('jobId', job_id, 'model', ${jobs.model}, 'provider', ${jobs.provider},
      'receipt', ${jobs.receipt}, 'signature', ${jobs.signature}, 'voucher', ${jobs.voucher}->'voucher',
      'voucherSignature', ${jobs.voucher}->'signature', 'offer', ${offers.offer}, 'offerSignature', ${offers.signature},
      'offerHash', ${jobs.offerHash}, 'maxFee', ${jobs.maxFee}::text, 'salt', ${jobs.salt},
      'requestHash', ${jobs.requestHash}, 'finishedAt', ${jobs.finishedAt}) as row
    from ${jobs} join ${offers} on ${eq(offers.offerHash, jobs.offerHash)}
    where ${where} order by ${jobs.finishedAt} fetch first ${limit} rows with ties`)
  return rows.map(({ row }) => row)
}
