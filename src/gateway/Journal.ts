import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import { Conflict, type Hex, Receipt, Voucher } from '../core/index.ts'
import type { Book, SignedReceipt, SignedVoucher } from './Book.ts'

/** A job whose receipt was checked. */
export type FinishedJob = {
  jobId: Hex
  key: Hex
  book: Book
  provider: Hex
  offerHash: Hex
  model: string
  instance: number
  requestHash: Hex
  salt: Hex
  /** µUSDC */
  maxFee: bigint
  voucher: SignedVoucher
  signed: SignedReceipt
  /** JSON of the answer, where the caller may ask for it again. */
  answer: string | undefined
  /** Unix ms. */
  finishedAt: number
}

/**
 * Writes finished jobs and their channels. All that finish while one write is under way go out together in the next
 * one: a single statement and a single fsync, however many they are.
 * While the database is away they wait for it.
 *
 * A voucher is not written before it is sent: if this process dies, the provider gives it back and its signature proves
 * it ours; a provider that keeps it back gains nothing, since it could have claimed no more than that voucher anyway.
 */
export type Journal = AsyncDisposable & {
  /** Resolves when the job is durable. Throws `SequenceTaken` when the channel has another receipt with that number. */
  finish(job: FinishedJob): Promise<void>
}

type Waiting = { job: FinishedJob; done: () => void; failed: (error: unknown) => void }

const retryMs = 250
/** Jobs of one statement. */
const maxBatch = 256

export function start(pool: Pool): Journal {
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let closing = false
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      const left = await writeBatch(pool, batch, () => !closing)
      if (left.length === 0) continue
      waiting = [...left, ...waiting]
      await delay(retryMs)
    }
    writing = undefined
  }
  return {
    finish: (job) =>
      new Promise((done, failed) => {
        waiting.push({ job, done, failed })
        writing ??= drain()
      }),
    [Symbol.asyncDispose]: async () => {
      closing = true
      await writing
    },
  }
}

/** Writes them, or says which to try again once the database is back. */
async function writeBatch(pool: Pool, batch: readonly Waiting[], mayRetry: () => boolean): Promise<readonly Waiting[]> {
  try {
    await write(
      pool,
      batch.map(({ job }) => job),
    )
    for (const { done } of batch) done()
  } catch (error) {
    if (isAway(error) && mayRetry()) return batch
    if (batch.length > 1) return (await oneByOne(pool, batch, mayRetry)).flat()
    for (const { job, failed } of batch) failed(isSequenceTaken(error) ? new SequenceTaken(job) : error)
  }
  return []
}

/** So that one that cannot be written does not keep the others from it. */
async function oneByOne(pool: Pool, batch: readonly Waiting[], mayRetry: () => boolean) {
  const left: (readonly Waiting[])[] = []
  for (const one of batch) left.push(await writeBatch(pool, [one], mayRetry))
  return left
}

/** Whether the database could not be asked: no SQLSTATE, or one of connections, resources and shutdowns (classes 08, 53, 57). */
const isAway = (error: unknown): boolean => {
  const { code } = error as { code?: string }
  return !/^[0-9A-Z]{5}$/.test(code ?? '') || /^(08|53|57)/.test(code ?? '')
}

const isSequenceTaken = (error: unknown): boolean =>
  (error as { code?: string; constraint?: string }).code === '23505' &&
  (error as { constraint?: string }).constraint === 'jobs_channel_seq'

async function write(pool: Pool, jobs: readonly FinishedJob[]): Promise<void> {
  const books = new Map(jobs.map(({ book }) => [book.channelId, book]))
  await pool.query({
    name: 'gateway-finish',
    text: statement,
    values: [JSON.stringify(jobs.map(jobRow)), JSON.stringify([...books.values()].map(channelRow))],
  })
}

const statement = `
with channel as (
  update gateway.channels c set n = r.n, ceiling = r.ceiling, spent = r.spent, seq = r.seq, locked = r.locked,
    voucher = r.voucher, receipt = r.receipt, updated_at = now()
  from json_to_recordset($2) as r(channel_id text, n bigint, ceiling bigint, spent bigint, seq bigint, locked bigint,
    voucher jsonb, receipt jsonb)
  where c.channel_id = r.channel_id
)
insert into gateway.jobs as j (job_id, key, channel_id, provider, offer_hash, model, state, instance, request_hash, salt,
  max_fee, voucher, receipt, signature, seq, answer, retained, finished_at)
select job_id, key, channel_id, provider, offer_hash, model, 'done', instance, request_hash, salt, max_fee, voucher,
  receipt, signature, seq, answer, answer is not null, finished_at
from json_to_recordset($1) as r(job_id text, key text, channel_id text, provider text, offer_hash text, model text,
  instance int, request_hash text, salt text, max_fee bigint, voucher jsonb, receipt jsonb, signature text, seq bigint,
  answer text, finished_at bigint)
on conflict (job_id) do update set channel_id = excluded.channel_id, provider = excluded.provider,
  offer_hash = excluded.offer_hash, state = 'done', max_fee = excluded.max_fee, voucher = excluded.voucher,
  receipt = excluded.receipt, signature = excluded.signature, seq = excluded.seq, answer = excluded.answer,
  retained = excluded.retained, finished_at = excluded.finished_at`

const jobRow = (job: FinishedJob): Record<string, unknown> => ({
  job_id: job.jobId,
  key: job.key,
  channel_id: job.book.channelId,
  provider: job.provider,
  offer_hash: job.offerHash,
  model: job.model,
  instance: job.instance,
  request_hash: job.requestHash,
  salt: job.salt,
  max_fee: job.maxFee.toString(),
  voucher: voucherJson(job.voucher),
  receipt: Receipt.serialize(job.signed.receipt),
  signature: job.signed.signature,
  seq: job.signed.receipt.seq.toString(),
  answer: job.answer ?? null,
  finished_at: job.finishedAt,
})

const channelRow = (book: Book): Record<string, unknown> => ({
  channel_id: book.channelId,
  n: book.n.toString(),
  ceiling: book.ceiling.toString(),
  spent: book.spent.toString(),
  seq: book.seq.toString(),
  locked: book.locked.toString(),
  voucher: book.voucher ? voucherJson(book.voucher) : null,
  receipt: book.lastReceipt ? receiptJson(book.lastReceipt) : null,
})

/** `{voucher, signature}` as it is stored and sent. */
export const voucherJson = ({ voucher, signature }: SignedVoucher): Record<string, unknown> => ({
  voucher: Voucher.serialize(voucher),
  signature,
})

/** `{receipt, signature}` as it is stored and sent. */
export const receiptJson = ({ receipt, signature }: SignedReceipt): Record<string, unknown> => ({
  receipt: Receipt.serialize(receipt),
  signature,
})

/** Another receipt with this number is on file for the channel. */
export class SequenceTaken extends Conflict {
  constructor({ signed, book }: FinishedJob) {
    super(`Channel ${book.channelId} has another receipt with number ${signed.receipt.seq}.`, {
      code: 'receipt_contradiction',
      details: receiptJson(signed),
    })
  }
}
