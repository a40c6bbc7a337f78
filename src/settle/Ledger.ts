import { LRUCache } from 'lru-cache'
import type { Pool } from 'pg'
import {
  type Answer,
  Bytes,
  Hash,
  type Hex,
  Job,
  Json,
  NotFound,
  NotPermitted,
  Receipt,
  type Recover,
  type Signer,
  Voucher,
} from '../core/index.ts'
import { holdBook } from './BookLock.ts'
import {
  bookFromRow,
  type ChannelBook,
  type ChannelFacts,
  type Ending,
  fromRow,
  type JobResult,
  type LedgerJob,
  type NewJob,
  zeroHash,
} from './LedgerJob.ts'
import * as LedgerQueue from './LedgerQueue.ts'
import { OtherTerms, refusal } from './LedgerRefusal.ts'
import { migrate } from './migrate.ts'
import { LedgerUnavailable, steadyQuery } from './steady-query.ts'

export type LedgerOptions = {
  /** At least three connections; one is held while the book is open. */
  pool: Pool
  /** The provider's key. Its signatures must be deterministic (RFC 6979): receipts are signed again whenever they are read. */
  signer: Signer
  recover: Recover
  /** Separator of the domain {DeHug Usage, 1, chainId, UsageController}. */
  domainSeparator: Hex
  /** Unix ms. */
  now: () => number
  /** How long answers are kept for retries with the same idempotency key. */
  retainAnswersMs: number
}

export type SignedReceipt = { receipt: Receipt.Receipt; signature: Hex }
export type Settled = SignedReceipt & { failure: string | null; answer: Answer.Answer | null }

/** A provider's durable book of channels and jobs in Postgres schema `ledger`. */
export type Ledger = AsyncDisposable & {
  readonly provider: Hex
  /** Jobs that a killed process had left running; they got zero-fee receipts when the book was opened. */
  readonly recovered: number
  /** Writes down what the chain says about a channel. */
  observe(facts: ChannelFacts): Promise<void>
  channel(channelId: Hex): Promise<ChannelBook | undefined>
  /** Session key and model of a known channel. */
  terms(channelId: Hex): Promise<ChannelTerms | undefined>
  /**
   * Checks the voucher and sets `maxFeeMicroUsdc` aside, durably, before the work. `fresh` is false where the job was
   * there already: then the voucher was not used. Throws `UnknownChannel`, `BadVoucher` and the refusals of
   * LedgerRefusal.ts.
   */
  reserve(job: NewJob): Promise<{ fresh: boolean; job: LedgerJob }>
  /** Raises a running job's reservation by a higher voucher. */
  extend(job: LedgerJob, more: Extension): Promise<ChannelBook>
  /** Ends a job: takes the reservation back, adds the fee, numbers and signs the receipt. Durable when it returns; a job that has ended keeps its first receipt. Where it throws `LedgerUnavailable` the ending is kept for `bookLeftovers`. */
  settle(job: LedgerJob, ending: Ending): Promise<Settled>
  /**
   * Books the endings that `settle` could not, and ends without a fee the reserved jobs that nobody here is running;
   * returns how many.
   */
  bookLeftovers(isRunning: (jobId: Hex) => boolean): Promise<number>
  /** Forgets a reservation for which nothing was sent or signed. */
  cancel(job: LedgerJob): Promise<void>
  job(jobId: Hex): Promise<LedgerJob | undefined>
  sign(result: JobResult): Promise<Settled>
  lastReceipt(channelId: Hex): Promise<SignedReceipt | undefined>
  /** Takes back a claim that the chain does not know any more, after a reorganisation. Only for what was seen twice. */
  forgetClaim(facts: ChannelFacts): Promise<void>
  /** No more jobs on this channel. Throws `Conflict` while some are running. */
  close(channelId: Hex): Promise<ChannelBook>
  /** Drops answers whose time is over; returns how many. */
  forgetAnswers(): Promise<number>
}

export type ChannelTerms = { key: Hex; payer: Hex; modelId: bigint }
export type Extension = { voucher: Voucher.Voucher; voucherSignature: Hex; maxFeeMicroUsdc: bigint }

/** Opens the book of one provider key: migrates the schema, makes sure nobody else has it open, and ends the jobs a killed process left. */
export async function open(options: LedgerOptions): Promise<Ledger> {
  const { pool, signer, now } = options
  const provider = signer.address
  await migrate(pool)
  const lock = await holdBook(pool, provider)
  const context: Context = {
    ...options,
    provider,
    queue: LedgerQueue.start(pool),
    known: new LRUCache<Hex, ChannelTerms>({ max: 10_000 }),
    unbooked: new Map(),
  }
  const recovered = await endUnknown(context, { isRunning: () => false, failure: 'provider_restarted' })
  return {
    provider,
    recovered,
    observe: (facts) => observe(context, facts),
    channel: (channelId) => readChannel(context, channelId),
    terms: (channelId) => termsOf(context, channelId),
    reserve: async (job) => {
      lock.assertHeld()
      return reserve(context, job)
    },
    extend: (job, more) => extend(context, job, more),
    settle: (job, ending) => settleOrKeep(context, job, ending),
    bookLeftovers: (isRunning) => bookLeftovers(context, isRunning),
    cancel: async (job) => {
      await context.queue.apply({ do: 'cancel', provider, channelId: job.channelId, jobId: job.jobId })
    },
    job: (jobId) => readJob(context, 'job_id = $2', jobId),
    sign: (result) => sign(context, result),
    lastReceipt: async (channelId) => {
      const job = await readJob(context, 'channel_id = $2 and seq is not null order by seq desc limit 1', channelId)
      return job?.result ? sign(context, job.result) : undefined
    },
    forgetClaim: (facts) => forgetClaim(context, facts),
    close: (channelId) => close(context, channelId),
    forgetAnswers: async () => {
      const text =
        'update ledger.jobs set answer = null where provider = $1 and answer is not null and retain_until < $2'
      return (await steadyQuery(pool, { text, values: [provider, now()] })).rowCount ?? 0
    },
    [Symbol.asyncDispose]: async () => {
      await bookKept(context).catch(() => undefined)
      await lock.release()
    },
  }
}

type Context = LedgerOptions & {
  provider: Hex
  queue: LedgerQueue.LedgerQueue
  known: LRUCache<Hex, ChannelTerms>
  /** How jobs ended whose end the database has not taken yet. */
  unbooked: Map<Hex, { job: LedgerJob; ending: Ending }>
}

async function observe({ pool, provider }: Context, facts: ChannelFacts): Promise<void> {
  // The chain's totals win where this book is older than the chain, after a restored backup. Closed is final.
  const text = `insert into ledger.channels as c (channel_id, provider, session, payer, key, model_id, lane, state, close_at, locked,
       claimed, claimed_seq, spent, reserved, seq, ceiling)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, 0, $12, $11)
     on conflict (channel_id) do update set
       state = case when c.state = 'closed' or (c.state = 'closing' and excluded.state = 'open') then c.state else excluded.state end,
       close_at = coalesce(excluded.close_at, c.close_at),
       locked = greatest(c.locked, excluded.locked),
       claimed = greatest(c.claimed, excluded.claimed),
       claimed_seq = greatest(c.claimed_seq, excluded.claimed_seq),
       seq = greatest(c.seq, excluded.claimed_seq),
       spent = greatest(c.spent, excluded.claimed),
       ceiling = greatest(c.ceiling, greatest(c.spent, excluded.claimed) + c.reserved)`
  const values = [
    facts.channelId,
    provider,
    facts.session,
    facts.payer,
    facts.key,
    facts.modelId.toString(),
    facts.lane,
    facts.state,
    facts.closeAt?.toString() ?? null,
    facts.locked.toString(),
    facts.claimed.toString(),
    facts.seq.toString(),
  ]
  await steadyQuery(pool, { text, values })
}

async function readChannel({ pool, provider }: Context, channelId: Hex): Promise<ChannelBook | undefined> {
  const text = 'select ledger.channel_json(c) as row from ledger.channels c where channel_id = $2 and provider = $1'
  const { rows } = await steadyQuery(pool, { text, values: [provider, channelId] })
  return rows[0] && bookFromRow(rows[0].row)
}

async function termsOf({ pool, provider, known }: Context, channelId: Hex): Promise<ChannelTerms | undefined> {
  const cached = known.get(channelId)
  if (cached) return cached
  const text = 'select key, payer, model_id from ledger.channels where channel_id = $2 and provider = $1'
  const { rows } = await steadyQuery(pool, { text, values: [provider, channelId] })
  if (!rows[0]) return undefined
  const terms = { key: rows[0].key, payer: rows[0].payer, modelId: BigInt(rows[0].model_id) }
  known.set(channelId, terms)
  return terms
}

async function readJob({ pool, provider }: Context, where: string, value: Hex): Promise<LedgerJob | undefined> {
  const text = `select ledger.job_json(j) as row from ledger.jobs j where provider = $1 and ${where}`
  const { rows } = await steadyQuery(pool, { text, values: [provider, value] })
  return rows[0] && fromRow(rows[0].row)
}

async function assertVoucher(
  context: Context,
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

async function reserve(context: Context, job: NewJob): Promise<{ fresh: boolean; job: LedgerJob }> {
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

async function extend(context: Context, job: LedgerJob, more: Extension): Promise<ChannelBook> {
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

async function settle(context: Context, job: LedgerJob, ending: Ending): Promise<Settled> {
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

const sign = async ({ signer, domainSeparator }: Context, result: JobResult): Promise<Settled> => ({
  ...result,
  signature: await signer.sign(Receipt.digest(domainSeparator, result.receipt)),
})

async function close(context: Context, channelId: Hex): Promise<ChannelBook> {
  const text = `update ledger.channels c set state = case when state = 'open' then 'closing' else state end
    where channel_id = $2 and provider = $1 and reserved = 0
      and not exists (select 1 from ledger.jobs j where j.channel_id = c.channel_id and j.state = 'reserved')
    returning ledger.channel_json(c) as row`
  const { rows } = await steadyQuery(context.pool, { text, values: [context.provider, channelId] })
  if (rows[0]) return bookFromRow(rows[0].row)
  const book = await readChannel(context, channelId)
  if (!book) throw new UnknownChannel(channelId)
  throw refusal({ outcome: 'running' }, { channelId, maxFeeMicroUsdc: book.reserved, ceiling: book.ceiling })
}

async function forgetClaim({ pool, provider }: Context, facts: ChannelFacts): Promise<void> {
  // Whoever had released the channel must ask again; until then it takes no jobs.
  const text = `update ledger.channels set claimed = $3, claimed_seq = $4,
      state = case when state = 'closed' and $5 <> 'closed' then 'closing' else state end
    where channel_id = $2 and provider = $1 and claimed > $3 and batch_id is null`
  await steadyQuery(pool, {
    text,
    values: [provider, facts.channelId, `${facts.claimed}`, `${facts.seq}`, facts.state],
  })
}

async function settleOrKeep(context: Context, job: LedgerJob, ending: Ending): Promise<Settled> {
  try {
    return await settle(context, job, ending)
  } catch (error) {
    if (error instanceof LedgerUnavailable) context.unbooked.set(job.jobId, { job, ending })
    throw error
  }
}

async function bookLeftovers(context: Context, isRunning: (jobId: Hex) => boolean): Promise<number> {
  const booked = await bookKept(context)
  return booked + (await endUnknown(context, { isRunning, failure: 'job_lost' }))
}

async function bookKept(context: Context): Promise<number> {
  const kept = [...context.unbooked.values()]
  for (const { job, ending } of kept) {
    await settle(context, job, ending)
    context.unbooked.delete(job.jobId)
  }
  return kept.length
}

/** Ends the reserved jobs that nobody is running. */
async function endUnknown(
  context: Context,
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

/** The book knows nothing of a channel. */
export class UnknownChannel extends NotFound {
  constructor(channelId: Hex) {
    super(`Channel ${channelId} is not known to this provider.`, {
      code: 'unknown_channel',
      hint: 'Lock money on it first, with this provider and one of its models.',
    })
  }
}
