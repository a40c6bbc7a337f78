import type { Answer, Hex, Price, Receipt, Voucher } from '../core/index.ts'

/** What a caller asks the book to reserve money for. */
export type NewJob = {
  channelId: Hex
  jobId: Hex
  offerHash: Hex
  /** `Job.requestHash` of the salted request. */
  requestHash: Hex
  salt: Hex
  versionRoot: Hex
  maxFeeMicroUsdc: bigint
  voucher: Voucher.Voucher
  voucherSignature: Hex
  /** Unix ms. */
  startedAt: number
}

/** A job in the book. */
export type LedgerJob = {
  jobId: Hex
  channelId: Hex
  context: Hex
  requestHash: Hex
  salt: Hex
  versionRoot: Hex
  startedAt: bigint
  maxFeeMicroUsdc: bigint
  /** Null while the job is running. */
  result: JobResult | null
}

/** How a job ended. The answer is null where there was none or it is not retained any more. */
export type JobResult = { receipt: Receipt.Receipt; failure: string | null; answer: Answer.Answer | null }

/** What the worker knows when a job has ended. */
export type Ending = {
  status: number
  feeMicroUsdc: bigint
  units: Price.Units
  engine: Hex
  answer: Answer.Answer | null
  /** Problem code of what went wrong. */
  failure?: string | undefined
  /** Unix ms. */
  finishedAt: number
}

/** The channel as the book has it, in µUSDC. */
export type ChannelBook = {
  channelId: Hex
  state: 'open' | 'closing' | 'closed'
  locked: bigint
  claimed: bigint
  spent: bigint
  reserved: bigint
  seq: bigint
  ceiling: bigint
  lastVoucher: { voucher: Voucher.Voucher; signature: Hex } | null
}

/** What the chain says about a channel. `closeAt` is unix s. */
export type ChannelFacts = {
  channelId: Hex
  session: Hex
  payer: Hex
  key: Hex
  modelId: bigint
  lane: number
  state: 'open' | 'closing' | 'closed'
  closeAt: bigint | null
  locked: bigint
  claimed: bigint
  seq: bigint
}

/** Stands for an answer, an engine or a version where there is none. */
export const zeroHash: Hex = `0x${'0'.repeat(64)}`

type Row = Record<string, string | null> & { jobId: Hex; channelId: Hex; status: number | null }

/** From `ledger.job_json`. */
export function fromRow(row: Row): LedgerJob {
  return {
    jobId: row.jobId,
    channelId: row.channelId,
    context: row.context as Hex,
    requestHash: row.requestHash as Hex,
    salt: row.salt as Hex,
    versionRoot: row.versionRoot as Hex,
    startedAt: BigInt(row.startedAt as string),
    maxFeeMicroUsdc: BigInt(row.maxFee as string),
    result: row.seq === null ? null : resultOf(row),
  }
}

function resultOf(row: Row): JobResult {
  const int = (field: string) => BigInt(row[field] as string)
  return {
    receipt: {
      channelId: row.channelId,
      seq: int('seq'),
      jobId: row.jobId,
      context: row.context as Hex,
      status: row.status as number,
      unitsIn: int('unitsIn'),
      unitsOut: int('unitsOut'),
      unitsMs: int('unitsMs'),
      fee: int('fee'),
      spent: int('spent'),
      answerHash: row.answerHash as Hex,
      versionRoot: row.versionRoot as Hex,
      engine: row.engine as Hex,
      startedAt: int('startedAt'),
      finishedAt: int('finishedAt'),
    },
    failure: row.failure ?? null,
    answer: row.answer ? (JSON.parse(row.answer) as Answer.Answer) : null,
  }
}

/** From `ledger.channel_json`. */
export function bookFromRow(row: Record<string, string | null>): ChannelBook {
  const int = (field: string) => BigInt(row[field] as string)
  const voucher = row.voucherN && {
    voucher: {
      channelId: row.channelId as Hex,
      n: int('voucherN'),
      ceiling: int('ceiling'),
      context: row.voucherContext as Hex,
    },
    signature: row.voucherSignature as Hex,
  }
  return {
    channelId: row.channelId as Hex,
    state: row.state as ChannelBook['state'],
    locked: int('locked'),
    claimed: int('claimed'),
    spent: int('spent'),
    reserved: int('reserved'),
    seq: int('seq'),
    ceiling: int('ceiling'),
    lastVoucher: voucher || null,
  }
}
