import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres } from '../catalog/index.ts'
import { Answer, type Hex, Job, Receipt, Voucher } from '../core/index.ts'
import type * as Ledger from './Ledger.ts'
import * as NativeSigner from './NativeSigner.ts'
import {
  channelFacts,
  domainSeparator,
  ending,
  hex32,
  maxFee,
  newJob,
  openBook,
  provider,
  sessionKey,
  testDatabase,
} from './testing.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let book: Ledger.Ledger
let channels = 100

beforeAll(async () => {
  database = await testDatabase()
  book = await openBook(database.pool)
})
afterAll(async () => {
  await book?.[Symbol.asyncDispose]()
  await database?.stop()
})

const openChannel = async (locked = 1_000_000n): Promise<Hex> => {
  channels += 1
  const channelId = hex32(channels)
  await book.observe(channelFacts(channelId, { locked }))
  return channelId
}

test('behavior: a job is reserved, settled and receipted', async () => {
  const channelId = await openChannel()
  const { fresh, job } = await book.reserve(newJob(channelId, 1n, 100n))
  expect(fresh).toBe(true)
  expect(await book.channel(channelId)).toMatchObject({ reserved: 100n, spent: 0n, ceiling: 100n, seq: 0n })
  const { receipt, signature } = await book.settle(job, ending(20n))
  expect(receipt).toMatchObject({ seq: 1n, fee: 20n, spent: 20n, answerHash: Answer.hash(ending(1n).answer) })
  expect(NativeSigner.recover(Receipt.digest(domainSeparator, receipt), signature)).toBe(provider.address)
  expect(await book.channel(channelId)).toMatchObject({ reserved: 0n, spent: 20n, seq: 1n })
  expect(await book.lastReceipt(channelId)).toMatchObject({ receipt, signature })
  expect((await book.job(job.jobId))?.result).toEqual({ receipt, failure: null, answer: ending(1n).answer })
})

test('behavior: 50 jobs at once leave exact books', async () => {
  const channelId = await openChannel()
  const jobs = await Promise.all(
    Array.from({ length: 50 }, (_, i) => book.reserve(newJob(channelId, BigInt(i + 1), BigInt(i + 1) * maxFee))),
  )
  const settled = await Promise.all(jobs.map(({ job }, i) => book.settle(job, ending(BigInt(i)))))
  expect(await book.channel(channelId)).toMatchObject({ reserved: 0n, spent: 1225n, seq: 50n, ceiling: 5000n })
  const bySeq = settled.map(({ receipt }) => receipt).sort((a, b) => Number(a.seq - b.seq))
  let spent = 0n
  bySeq.forEach((receipt, i) => {
    spent += receipt.fee
    expect([receipt.seq, receipt.spent]).toEqual([BigInt(i + 1), spent])
  })
})

test('behavior: the same job again is the same job, whatever voucher comes with it', async () => {
  const channelId = await openChannel()
  const first = await book.reserve(newJob(channelId, 1n, 100n, { key: 'twice' }))
  const running = await book.reserve(newJob(channelId, 1n, 100n, { key: 'twice' }))
  expect([running.fresh, running.job.result]).toEqual([false, null])
  const settled = await book.settle(first.job, ending(20n))
  const again = await book.reserve(newJob(channelId, 1n, 100n, { key: 'twice' }))
  expect([again.fresh, again.job.result?.receipt]).toEqual([false, settled.receipt])
  expect(await book.settle(first.job, ending(90n))).toEqual(settled)
  expect(await book.channel(channelId)).toMatchObject({ spent: 20n, seq: 1n })
})

test('error: one idempotency key for two requests', async () => {
  const channelId = await openChannel()
  await book.reserve(newJob(channelId, 1n, 100n, { key: 'shared' }))
  await expect(
    book.reserve(newJob(channelId, 2n, 200n, { key: 'shared', request: { ask: 'other' } })),
  ).rejects.toMatchObject({
    code: 'idempotency_key_reused',
    status: 409,
  })
})

test('error: a ceiling that is too low says what is missing and shows the channel', async () => {
  const channelId = await openChannel()
  await book.reserve(newJob(channelId, 1n, 150n))
  await expect(book.reserve(newJob(channelId, 2n, 150n))).rejects.toMatchObject({
    code: 'ceiling_too_low',
    status: 402,
    message: "The voucher's ceiling is 150 µUSDC; this job needs 200 µUSDC.",
    details: {
      shortfallMicroUsdc: 50n,
      channel: { reserved: 100n, lastVoucher: { voucher: { n: 1n, ceiling: 150n } } },
    },
  })
})

test('error: a ceiling above what is locked', async () => {
  const channelId = await openChannel(120n)
  await expect(book.reserve(newJob(channelId, 1n, 121n))).rejects.toMatchObject({ code: 'above_locked', status: 402 })
  await book.observe(channelFacts(channelId, { locked: 500n }))
  expect((await book.reserve(newJob(channelId, 1n, 121n))).fresh).toBe(true)
})

test('error: vouchers that contradict each other', async () => {
  const channelId = await openChannel()
  await book.reserve(newJob(channelId, 5n, 500n))
  for (const [n, ceiling] of [
    [6n, 499n],
    [4n, 501n],
    [5n, 500n],
  ] as const) {
    await expect(book.reserve(newJob(channelId, n, ceiling, { key: `${n} ${ceiling}` }))).rejects.toMatchObject({
      code: 'contradicting_voucher',
      status: 409,
    })
  }
})

test('behavior: a voucher that was overtaken by a later one still pays for its job', async () => {
  const channelId = await openChannel()
  await book.reserve(newJob(channelId, 2n, 200n))
  expect((await book.reserve(newJob(channelId, 1n, 100n))).fresh).toBe(true)
  expect(await book.channel(channelId)).toMatchObject({
    reserved: 200n,
    ceiling: 200n,
    lastVoucher: { voucher: { n: 2n } },
  })
})

test('error: a voucher of another channel, context or key', async () => {
  const [one, other] = [await openChannel(), await openChannel()]
  const job = newJob(one, 1n, 100n)
  await expect(book.reserve({ ...job, channelId: other })).rejects.toMatchObject({ code: 'bad_voucher', status: 403 })
  await expect(book.reserve({ ...job, requestHash: hex32(1) })).rejects.toThrow(
    'The voucher cannot pay for this job: its context is not that of this job, offer and request.',
  )
  const forged = provider.sign(hex32(3))
  await expect(book.reserve({ ...job, voucherSignature: forged })).rejects.toMatchObject({ code: 'bad_voucher' })
  await expect(book.reserve(newJob(hex32(99), 1n, 100n))).rejects.toMatchObject({
    code: 'unknown_channel',
    status: 404,
  })
  expect(await book.channel(other)).toMatchObject({ reserved: 0n, lastVoucher: null })
})

test('error: nothing is charged above the quote, and neighbours in the same flush are not hurt', async () => {
  const channelId = await openChannel()
  const [a, b] = await Promise.all([
    book.reserve(newJob(channelId, 1n, 100n)),
    book.reserve(newJob(channelId, 2n, 200n)),
  ])
  const [greedy, honest] = await Promise.allSettled([
    book.settle(a.job, ending(101n)),
    book.settle(b.job, ending(100n)),
  ])
  expect(greedy).toMatchObject({ status: 'rejected', reason: { code: 'ledger_fault' } })
  expect(honest).toMatchObject({ status: 'fulfilled', value: { receipt: { fee: 100n, seq: 1n } } })
  expect(await book.channel(channelId)).toMatchObject({ reserved: 100n, spent: 100n })
})

test('behavior: a higher voucher extends a running job', async () => {
  const channelId = await openChannel()
  const first = newJob(channelId, 1n, 100n)
  const { job } = await book.reserve(first)
  const more = { ...newJob(channelId, 2n, 300n, { key: `job ${channelId} 1` }) }
  const voucher = { ...more.voucher, context: first.voucher.context }
  await expect(
    book.extend(job, { voucher: more.voucher, voucherSignature: more.voucherSignature, maxFeeMicroUsdc: 250n }),
  ).rejects.toMatchObject({ code: 'bad_voucher' })
  const { sessionKey } = await import('./testing.ts')
  const { Voucher } = await import('../core/index.ts')
  const voucherSignature = sessionKey.sign(Voucher.digest(domainSeparator, voucher))
  expect(await book.extend(job, { voucher, voucherSignature, maxFeeMicroUsdc: 250n })).toMatchObject({
    reserved: 250n,
    ceiling: 300n,
  })
  expect((await book.settle(job, ending(240n))).receipt.fee).toBe(240n)
  expect(await book.channel(channelId)).toMatchObject({ reserved: 0n, spent: 240n })
})

test('behavior: cancelling leaves no trace', async () => {
  const channelId = await openChannel()
  const { job } = await book.reserve(newJob(channelId, 1n, 100n))
  await book.cancel(job)
  expect(await book.channel(channelId)).toMatchObject({ reserved: 0n, seq: 0n })
  expect(await book.job(job.jobId)).toBeUndefined()
})

test('behavior: closing waits for running jobs and then takes no more', async () => {
  const channelId = await openChannel()
  const { job } = await book.reserve(newJob(channelId, 1n, 100n))
  await expect(book.close(channelId)).rejects.toMatchObject({ code: 'jobs_running', retryable: true })
  await book.settle(job, ending(20n))
  expect(await book.close(channelId)).toMatchObject({ state: 'closing', spent: 20n })
  await expect(book.reserve(newJob(channelId, 2n, 200n))).rejects.toMatchObject({
    code: 'channel_not_open',
    status: 409,
  })
})

test('behavior: answers are kept for retries and then forgotten; receipts stay', async () => {
  const channelId = await openChannel()
  const { job } = await book.reserve(newJob(channelId, 1n, 100n))
  await book.settle(job, { ...ending(20n, 'NUL \u0000 and 😀'), finishedAt: 1000 })
  expect((await book.job(job.jobId))?.result?.answer).toMatchObject({ text: 'NUL \u0000 and 😀' })
  expect(await book.forgetAnswers()).toBeGreaterThan(0)
  expect((await book.job(job.jobId))?.result).toMatchObject({ answer: null, receipt: { fee: 20n } })
})

test('behavior: what the chain says about totals wins over an older book', async () => {
  const channelId = await openChannel()
  await book.observe(channelFacts(channelId, { claimed: 700n, seq: 9n }))
  expect(await book.channel(channelId)).toMatchObject({ spent: 700n, claimed: 700n, seq: 9n, ceiling: 700n })
  const { job } = await book.reserve(newJob(channelId, 10n, 800n))
  expect((await book.settle(job, ending(50n))).receipt).toMatchObject({ seq: 10n, spent: 750n })
})

test('error: two processes with one provider key', async () => {
  await expect(openBook(database.pool)).rejects.toMatchObject({ code: 'book_in_use', status: 409 })
})

test('behavior: another provider keeps its own book beside this one', async () => {
  const signer = NativeSigner.from(hex32(0xa2))
  await using other = await openBook(database.pool, { signer })
  const channelId = await openChannel()
  expect(await other.channel(channelId)).toBeUndefined()
  await expect(other.reserve(newJob(channelId, 1n, 100n))).rejects.toMatchObject({ code: 'unknown_channel' })
})

test('behavior: any interleaving keeps spent + reserved ≤ ceiling ≤ locked and numbers receipts without gaps', async () => {
  const step = fc.record({
    act: fc.constantFrom('reserve', 'settle', 'cancel', 'lock'),
    n: fc.bigInt(1n, 12n),
    ceiling: fc.bigInt(0n, 900n),
    fee: fc.bigInt(0n, 120n),
    pick: fc.nat(20),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const channelId = await openChannel(400n)
      const running: Awaited<ReturnType<Ledger.Ledger['reserve']>>['job'][] = []
      const receipts: Receipt.Receipt[] = []
      let locked = 400n
      const act = async ({ act: what, n, ceiling, fee, pick }: (typeof steps)[number], i: number) => {
        if (what === 'lock') {
          locked += 50n
          return book.observe(channelFacts(channelId, { locked }))
        }
        if (what === 'reserve') {
          const { fresh, job } = await book.reserve(newJob(channelId, n, ceiling, { key: `${channelId} ${i}`, fee }))
          return fresh && running.push(job)
        }
        const job = running.splice(pick % Math.max(running.length, 1), 1)[0]
        if (!job) return
        if (what === 'cancel') return book.cancel(job)
        receipts.push((await book.settle(job, ending(fee < job.maxFeeMicroUsdc ? fee : job.maxFeeMicroUsdc))).receipt)
      }
      for (let i = 0; i < steps.length; i += 4) {
        await Promise.all(
          steps
            .slice(i, i + 4)
            .map((one, k) => act(one, i + k).catch((error) => expect(error.status).toBeLessThan(500))),
        )
      }
      const state = (await book.channel(channelId))!
      const reserved = running.reduce((sum, job) => sum + job.maxFeeMicroUsdc, 0n)
      expect(state.reserved).toBe(reserved)
      expect(state.spent).toBe(receipts.reduce((sum, { fee }) => sum + fee, 0n))
      expect(state.spent + state.reserved).toBeLessThanOrEqual(state.ceiling)
      expect(state.ceiling).toBeLessThanOrEqual(state.locked)
      expect(receipts.map(({ seq }) => Number(seq)).sort((a, b) => a - b)).toEqual(receipts.map((_, i) => i + 1))
    }),
    { numRuns: 40 },
  )
})

test('behavior: jobs survive the loss of every database connection, and none is booked twice', async () => {
  const channelId = await openChannel()
  let cut = false
  const run = async (i: number) => {
    const asked = newJob(channelId, BigInt(i + 1), BigInt(i + 1) * maxFee)
    for (;;) {
      const reserved = await book.reserve(asked).catch((error) => error)
      if (reserved instanceof Error) expect(reserved).toMatchObject({ code: 'book_lost', retryable: true })
      else {
        expect(reserved.fresh).toBe(true)
        if (i === 20) cut = true
        return await book.settle(reserved.job, ending(7n))
      }
      await new Promise((resume) => setTimeout(resume, 50))
    }
  }
  const jobs = Array.from({ length: 40 }, (_, i) => run(i))
  const cutter = (async () => {
    for (let i = 0; i < 3; i += 1) {
      await database.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      )
      await new Promise((resume) => setTimeout(resume, 30))
    }
  })()
  const receipts = (await Promise.all(jobs)).map(({ receipt }) => receipt)
  await cutter
  expect(cut).toBe(true)
  expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(40)
  expect(await book.channel(channelId)).toMatchObject({ spent: 280n, reserved: 0n, seq: 40n })
  expect(await run(40)).toMatchObject({ receipt: { seq: 41n, spent: 287n } })
})

test('error: the same request on another channel or under another offer', async () => {
  const [one, two] = [await openChannel(), await openChannel()]
  const first = newJob(one, 1n, 100n, { key: 'moved' })
  const { job } = await book.reserve(first)
  const moved = newJob(two, 1n, 100n, { key: 'moved' })
  await expect(book.reserve(moved)).rejects.toMatchObject({ code: 'other_terms', details: { channelId: one } })
  const { receipt, signature } = await book.settle(job, ending(20n))
  const repriced = { ...first, offerHash: hex32(77), voucher: { ...first.voucher } }
  repriced.voucher.context = Job.context(first.jobId, repriced.offerHash, first.requestHash)
  repriced.voucherSignature = sessionKey.sign(Voucher.digest(domainSeparator, repriced.voucher))
  for (const other of [moved, repriced]) {
    await expect(book.reserve(other)).rejects.toMatchObject({
      status: 409,
      code: 'other_terms',
      details: { channelId: one, receipt, signature },
    })
  }
  expect(await book.channel(two)).toMatchObject({ reserved: 0n, ceiling: 0n })
})

test('behavior: an ending that the database could not take is booked when it is back, and lost jobs end free', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-away-'))
  let server = await startPostgres({ dir, port: 0 })
  const pool = new pg.Pool({ connectionString: server.url })
  pool.on('error', () => undefined)
  const away = await openBook(pool)
  const channelId = hex32(55)
  await away.observe(channelFacts(channelId))
  const [earned, lost, running] = await Promise.all(
    [1n, 2n, 3n].map(async (n) => (await away.reserve(newJob(channelId, n, n * 100n))).job),
  )
  await server.stop()
  await expect(away.settle(earned!, ending(20n))).rejects.toMatchObject({ code: 'ledger_unavailable' })
  server = await startPostgres({ dir, port: Number(new URL(server.url).port) })
  expect(await away.bookLeftovers((jobId) => jobId === running!.jobId)).toBe(2)
  expect((await away.job(earned!.jobId))?.result).toMatchObject({ receipt: { fee: 20n }, answer: ending(1n).answer })
  expect((await away.job(lost!.jobId))?.result).toMatchObject({ receipt: { fee: 0n, status: 2 }, failure: 'job_lost' })
  expect((await away.job(running!.jobId))?.result).toBeNull()
  expect(await away.channel(channelId)).toMatchObject({ spent: 20n, reserved: 100n, seq: 2n })
  expect(await away.bookLeftovers((jobId) => jobId === running!.jobId)).toBe(0)
  await away[Symbol.asyncDispose]()
  await pool.end()
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

test('behavior: after a crash unfinished jobs have zero-fee receipts and their money is free again', async () => {
  const channelId = await openChannel()
  const lost = await book.reserve(newJob(channelId, 1n, 100n))
  await book[Symbol.asyncDispose]()
  book = await openBook(database.pool)
  expect(book.recovered).toBeGreaterThan(0)
  expect(await book.channel(channelId)).toMatchObject({ reserved: 0n, spent: 0n, seq: 1n })
  const found = await book.job(lost.job.jobId)
  expect(found?.result).toMatchObject({
    failure: 'provider_restarted',
    receipt: { fee: 0n, status: Receipt.Status.failed },
  })
})
