import type { CheckedReceipt } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, print } from '../Io.ts'

export type ReceiptsOptions = ConnectOptions & { since?: number | undefined; limit?: number | undefined }

const statusWords = ['ok', 'aborted', 'failed', 'empty', 'deadline', 'ceiling']

/** The receipts of this key (or one of them), each checked. */
export async function receipts(jobId: string | undefined, options: ReceiptsOptions, io: Io): Promise<CheckedReceipt[]> {
  const client = await connect(options, io)
  const found = await client.receipts({ jobId, since: options.since, limit: options.limit })
  if (found.length === 0) print(io, 'No receipts yet.')
  else if (jobId === undefined)
    print(io, Format.table([['when', 'model', 'status', 'in', 'out', 'fee', 'job'], ...found.map(row)]))
  else for (const line of details(found[0] as CheckedReceipt)) print(io, line)
  return found
}

const row = ({ model, receipt, jobId }: CheckedReceipt): string[] => [
  new Date(Number(receipt.finishedAt)).toISOString().slice(0, 19),
  model,
  statusWords[receipt.status] ?? String(receipt.status),
  String(receipt.unitsIn),
  String(receipt.unitsOut),
  Format.usdc(receipt.fee),
  jobId,
]

function details(of: CheckedReceipt): string[] {
  const { receipt } = of
  const rows = [
    ['job', of.jobId],
    ['model', of.model],
    ['provider', of.provider],
    ['status', statusWords[receipt.status] ?? String(receipt.status)],
    ['units', `${receipt.unitsIn} in, ${receipt.unitsOut} out, ${receipt.unitsMs} ms`],
    ['fee', `${Format.usdc(receipt.fee)} (quoted ${Format.usdc(of.maxFee)})`],
    ['answer', receipt.answerHash],
    ['version', receipt.versionRoot],
    ['channel', `${receipt.channelId}, number ${receipt.seq}`],
    ['checked', of.checks.join(', ')],
  ]
  return [Format.table(rows)]
}
