import { Bytes, Hash, type Hex, Job, Json, NotFound, NotPermitted, Receipt, Voucher } from '../core/index.ts'
import type { Extension, LedgerContext, Settled } from './LedgerContext.ts'
import {
  bookFromRow,
  type ChannelBook,
  type Ending,
  fromRow,
  type JobResult,
  type LedgerJob,
  type NewJob,
  zeroHash,
} from './LedgerJob.ts'
import { OtherTerms, refusal } from './LedgerRefusal.ts'
import { termsOf, UnknownChannel } from './ledger-channels.ts'
import { LedgerUnavailable, steadyQuery } from './steady-query.ts'

export async function read(
  { pool, provider }: LedgerContext,
  where: string,
  value: Hex,
): Promise<LedgerJob | undefined> {
  const text = `select ledger.job_json(j) as row from ledger.jobs j where provider = $1 and ${where}`
  const { rows } = await steadyQuery(pool, { text, values: [provider, value] })
  return rows[0] && fromRow(rows[0].row)
}

async function assertVoucher(
  context: LedgerContext,
  job: { channelId: Hex; context: Hex },
  voucher: Voucher.Voucher,
  signature: Hex,
) {
  const terms = await termsOf(context, job.channelId)
  if (!terms) throw new UnknownChannel(job.channelId)
  if (voucher.channelId !== job.channelId) throw new BadVoucher(`it is for channel ${voucher.channelId}`)
  if (voucher.context !== job.context) throw new BadVoucher('its context is not that of this job, offer and request')
  const signedBy = context.recover(Voucher.digest(context.domainSeparator, voucher), signature)
  if (signedBy !== terms.key) throw new BadVoucher(`${signedBy} signed it; the channel's key is ${terms.key}`)
}

export async function reserve(context: LedgerContext, job: NewJob): Promise<{ fresh: boolean; job: LedgerJob }> {
  const { jobId, channelId, voucher, requestHash, salt, versionRoot } = job
  const jobContext = Job.context(jobId, job.offerHash, requestHash)
  await assertVoucher(context, { channelId, context: jobContext }, voucher, job.voucherSignature)
  const answer = await context.queue.apply({
    do: 'reserve',
    provider: context.provider,
    channelId,
    jobId,
    context: jobContext,
    requestHash,
    salt,
    versionRoot,
    maxFee: job.maxFeeMicroUsdc.toString(),
    startedAt: job.startedAt,
    n: voucher.n.toString(),
    ceiling: voucher.ceiling.toString(),
    signature: job.voucherSignature,
  })
  const maxFeeMicroUsdc = job.maxFeeMicroUsdc
  const startedAt = BigInt(job.startedAt)
  const facts = { jobId, channelId, context: jobContext, requestHash, salt, versionRoot, startedAt, maxFeeMicroUsdc }
  if (answer.outcome === 'new') return { fresh: true, job: { ...facts, result: null } }
  if (answer.outcome === 'other_terms') {
    const known = fromRow(answer.job as never)
    throw new OtherTerms(known, known.result && (await sign(context, known.result)))
  }
  if (answer.outcome !== 'same') throw refusal(answer, { ...facts, ceiling: voucher.ceiling })
  const known = fromRow(answer.job as never)
  const ownAttempt = answer.repeated === true && known.result === null && known.startedAt === startedAt
  return { fresh: ownAttempt, job: known }
}

export async function extend(context: LedgerContext, job: LedgerJob, more: Extension): Promise<ChannelBook> {
  await assertVoucher(context, job, more.voucher, more.voucherSignature)
  const answer = await context.queue.apply({
    do: 'extend',
    provider: context.provider,
    channelId: job.channelId,
    jobId: job.jobId,
    context: job.context,
    maxFee: more.maxFeeMicroUsdc.toString(),
    n: more.voucher.n.toString(),
    ceiling: more.voucher.ceiling.toString(),
    signature: more.voucherSignature,
  })
  if (answer.outcome === 'extended') return bookFromRow(answer.channel as never)
  const extra = more.maxFeeMicroUsdc - job.maxFeeMicroUsdc
  throw refusal(answer, { ...job, maxFeeMicroUsdc: extra > 0n ? extra : 0n, ceiling: more.voucher.ceiling })
}

async function settle(context: LedgerContext, job: LedgerJob, ending: Ending): Promise<Settled> {
  const { answer, units, status } = ending
  const answerText = answer && Json.canonical(answer)
  const answerHash = answerText === null ? zeroHash : Hash.keccak256(Bytes.utf8(answerText))
  const done = await context.queue.apply({
    do: 'settle',
    provider: context.provider,
    channelId: job.channelId,
    jobId: job.jobId,
    status,
    fee: ending.feeMicroUsdc.toString(),
    unitsIn: units.in.toString(),
    unitsOut: units.out.toString(),
    unitsMs: units.ms.toString(),
    engine: ending.engine,
    answerHash,
    answer: answerText,
    failure: ending.failure ?? null,
    finishedAt: ending.finishedAt,
    retainUntil: ending.finishedAt + context.retainAnswersMs,
  })
  if (done.outcome === 'same') return sign(context, fromRow(done.job as never).result as JobResult)
  if (done.outcome !== 'done') throw new NotFound(`The book holds no job ${job.jobId}.`, { code: 'unknown_job' })
  const receipt = {
    channelId: job.channelId,
    seq: BigInt(done.seq as string),
    jobId: job.jobId,
    context: job.context,
    status,
    unitsIn: units.in,
    unitsOut: units.out,
    unitsMs: units.ms,
    fee: ending.feeMicroUsdc,
    spent: BigInt(done.spent as string),
    answerHash,
    versionRoot: job.versionRoot,
    engine: ending.engine,
    startedAt: job.startedAt,
    finishedAt: BigInt(ending.finishedAt),
  }
  return sign(context, { receipt, failure: ending.failure ?? null, answer })
}

export const sign = async ({ signer, domainSeparator }: LedgerContext, result: JobResult): Promise<Settled> => ({
  ...result,
  signature: await signer.sign(Receipt.digest(domainSeparator, result.receipt)),
})

export async function settleOrKeep(context: LedgerContext, job: LedgerJob, ending: Ending): Promise<Settled> {
  try {
    return await settle(context, job, ending)
  } catch (error) {
    if (error instanceof LedgerUnavailable) context.unbooked.set(job.jobId, { job, ending })
    throw error
  }
}

export async function bookLeftovers(context: LedgerContext, isRunning: (jobId: Hex) => boolean): Promise<number> {
  const booked = await bookKept(context)
  return booked + (await endUnknown(context, { isRunning, failure: 'job_lost' }))
}

export async function bookKept(context: LedgerContext): Promise<number> {
  const kept = [...context.unbooked.values()]
  for (const { job, ending } of kept) {
    await settle(context, job, ending)
    context.unbooked.delete(job.jobId)
  }
  return kept.length
}

/** Ends the reserved jobs that nobody is running. */
export async function endUnknown(
  context: LedgerContext,
  { isRunning, failure }: { isRunning: (jobId: Hex) => boolean; failure: string },
): Promise<number> {
  const text = `select ledger.job_json(j) as row from ledger.jobs j where provider = $1 and state = 'reserved'`
  const { rows } = await steadyQuery(context.pool, { text, values: [context.provider] })
  const unknown = rows.map(({ row }) => fromRow(row)).filter(({ jobId }) => !isRunning(jobId))
  const ending = {
    status: Receipt.Status.failed,
    feeMicroUsdc: 0n,
    units: { in: 0n, out: 0n, ms: 0n },
    engine: zeroHash,
    answer: null,
    failure,
    finishedAt: context.now(),
  }
  await Promise.all(unknown.map((job) => settle(context, job, ending)))
  return unknown.length
}

/** A voucher does not pay for this job. */
export class BadVoucher extends NotPermitted {
  constructor(why: string) {
    super(`The voucher cannot pay for this job: ${why}.`, {
      code: 'bad_voucher',
      hint: "Sign a voucher over this channel and this job's context with the session key of the channel.",
    })
  }
}
