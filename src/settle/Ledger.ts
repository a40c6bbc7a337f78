import { LRUCache } from 'lru-cache'
import type { Hex } from '../core/index.ts'
import { holdBook } from './BookLock.ts'
import type { ChannelTerms, Extension, LedgerContext, LedgerOptions, Settled, SignedReceipt } from './LedgerContext.ts'
import type { ChannelBook, ChannelFacts, Ending, JobResult, LedgerJob, NewJob } from './LedgerJob.ts'
import * as LedgerQueue from './LedgerQueue.ts'
import * as Channels from './ledger-channels.ts'
import * as Jobs from './ledger-jobs.ts'
import { migrate } from './migrate.ts'
import { steadyQuery } from './steady-query.ts'

export type { ChannelTerms, Extension, LedgerOptions, Settled, SignedReceipt } from './LedgerContext.ts'
export { UnknownChannel } from './ledger-channels.ts'
export { BadVoucher } from './ledger-jobs.ts'

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

/** Opens the book of one provider key: migrates the schema, makes sure nobody else has it open, and ends the jobs a killed process left. */
export async function open(options: LedgerOptions): Promise<Ledger> {
  const { pool, signer, now } = options
  const provider = signer.address
  await migrate(pool)
  const lock = await holdBook(pool, provider)
  const context: LedgerContext = {
    ...options,
    provider,
    queue: LedgerQueue.start(pool),
    known: new LRUCache<Hex, ChannelTerms>({ max: 10_000 }),
    unbooked: new Map(),
  }
  const recovered = await Jobs.endUnknown(context, { isRunning: () => false, failure: 'provider_restarted' })
  return {
    provider,
    recovered,
    observe: (facts) => Channels.observe(context, facts),
    channel: (channelId) => Channels.read(context, channelId),
    terms: (channelId) => Channels.termsOf(context, channelId),
    reserve: async (job) => {
      lock.assertHeld()
      return Jobs.reserve(context, job)
    },
    extend: (job, more) => Jobs.extend(context, job, more),
    settle: (job, ending) => Jobs.settleOrKeep(context, job, ending),
    bookLeftovers: (isRunning) => Jobs.bookLeftovers(context, isRunning),
    cancel: async (job) => {
      await context.queue.apply({ do: 'cancel', provider, channelId: job.channelId, jobId: job.jobId })
    },
    job: (jobId) => Jobs.read(context, 'job_id = $2', jobId),
    sign: (result) => Jobs.sign(context, result),
    lastReceipt: async (channelId) => {
      const job = await Jobs.read(context, 'channel_id = $2 and seq is not null order by seq desc limit 1', channelId)
      return job?.result ? Jobs.sign(context, job.result) : undefined
    },
    forgetClaim: (facts) => Channels.forgetClaim(context, facts),
    close: (channelId) => Channels.close(context, channelId),
    forgetAnswers: async () => {
      const text =
        'update ledger.jobs set answer = null where provider = $1 and answer is not null and retain_until < $2'
      return (await steadyQuery(pool, { text, values: [provider, now()] })).rowCount ?? 0
    },
    [Symbol.asyncDispose]: async () => {
      await Jobs.bookKept(context).catch(() => undefined)
      await lock.release()
    },
  }
}
