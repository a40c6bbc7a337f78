import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hex, Receipt } from '../core/index.ts'
import * as Book from './Book.ts'

const hex32 = (n: number | bigint): Hex => `0x${n.toString(16).padStart(64, '0')}`
const channelId = hex32(1)

const receiptOf = (seq: bigint, jobId: Hex, fee: bigint, spent: bigint): Book.SignedReceipt => ({
  signature: `0x${'11'.repeat(65)}`,
  receipt: {
    ...{ channelId, seq, jobId, context: hex32(2), status: 0, unitsIn: 1n, unitsOut: 1n, unitsMs: 1n, fee, spent },
    ...{ answerHash: hex32(3), versionRoot: hex32(4), engine: hex32(5), startedAt: 1n, finishedAt: 2n },
  } satisfies Receipt.Receipt,
})

/** The provider's side of the protocol: reserves against the highest ceiling, charges at most what was reserved. */
const provider = () => {
  const state = { ceiling: 0n, spent: 0n, reserved: 0n, seq: 0n }
  return {
    state,
    reserve: (ceiling: bigint, maxFee: bigint): boolean => {
      if (ceiling > state.ceiling) state.ceiling = ceiling
      if (state.ceiling < state.spent + state.reserved + maxFee) return false
      state.reserved += maxFee
      return true
    },
    settle: (jobId: Hex, maxFee: bigint, fee: bigint): Book.SignedReceipt => {
      state.reserved -= maxFee
      state.spent += fee
      state.seq += 1n
      return receiptOf(state.seq, jobId, fee, state.spent)
    },
  }
}

describe('Book', () => {
  it('behavior: vouchers that arrive in any order always cover what an honest provider has spent and reserved', () => {
    const step = fc.record({
      kind: fc.constantFrom('reserve', 'arrive', 'finish', 'receive'),
      pick: fc.nat(),
      fee: fc.nat(1000),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const book = Book.open(channelId, 10n ** 12n)
        const { state, reserve, settle } = provider()
        const travelling: { jobId: Hex; maxFee: bigint; ceiling: bigint }[] = []
        const running: { jobId: Hex; maxFee: bigint }[] = []
        const returning: Book.SignedReceipt[] = []
        let jobs = 0
        const take = <T>(from: T[], pick: number): T | undefined => from.splice(pick % Math.max(1, from.length), 1)[0]
        for (const { kind, pick, fee } of steps) {
          if (kind === 'reserve') {
            const jobId = hex32(++jobs)
            const before = book.ceiling
            const { ceiling, n } = Book.reserve(book, jobId, BigInt(fee), hex32(2))
            expect(ceiling).toBeGreaterThanOrEqual(before)
            expect(n).toBe(BigInt(jobs))
            travelling.push({ jobId, maxFee: BigInt(fee), ceiling })
          }
          if (kind === 'arrive') {
            const job = take(travelling, pick)
            if (job) {
              // An earlier voucher may still be on its way: then only its own share is missing.
              const covered = reserve(job.ceiling, job.maxFee)
              const missing = travelling.reduce((sum, { maxFee }) => sum + maxFee, 0n)
              expect(covered || missing > 0n).toBe(true)
              if (covered) running.push(job)
              else travelling.push(job)
            }
          }
          if (kind === 'finish') {
            const job = take(running, pick)
            if (job) returning.push(settle(job.jobId, job.maxFee, (job.maxFee * BigInt(fee)) / 1000n))
          }
          if (kind === 'receive') {
            const receipt = take(returning, pick)
            if (receipt) Book.settle(book, receipt)
          }
          expect(book.spent).toBeLessThanOrEqual(state.spent)
          expect(book.spent + book.inFlightSum).toBeGreaterThanOrEqual(state.spent + state.reserved)
          expect(book.inFlightSum).toBe([...book.inFlight.values()].reduce((sum, fee_) => sum + fee_, 0n))
        }
        for (const receipt of returning) Book.settle(book, receipt)
        expect(book.spent).toBe(state.spent)
        expect(book.seq).toBe(state.seq)
      }),
      { numRuns: 300 },
    )
  })

  it('behavior: a contradiction among receipts is found in whatever order they come', () => {
    const fees = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(
        fees,
        fc.nat(),
        fc.constantFrom('seq', 'spent', 'fee'),
        fc.infiniteStream(fc.nat()),
        (list, which, field, noise) => {
          const receipts: Book.SignedReceipt[] = []
          let spent = 0n
          for (const [i, fee] of list.entries()) {
            spent += BigInt(fee)
            receipts.push(receiptOf(BigInt(i + 1), hex32(i + 100), BigInt(fee), spent))
          }
          const at = which % list.length
          const truth = receipts[at] as Book.SignedReceipt
          const changed = field === 'seq' ? {} : { [field]: truth.receipt[field as 'spent' | 'fee'] + 1n }
          const lie = { ...truth, receipt: { ...truth.receipt, jobId: hex32(99), ...changed } }
          const shuffled = [...receipts, lie]
            .map((value) => ({ value, order: noise.next().value as number }))
            .sort((a, b) => a.order - b.order)
          const book = { ...Book.open(channelId), ceiling: 10n ** 9n, unknown: 10n ** 9n }
          expect(() => {
            for (const { value } of shuffled) Book.settle(book, value)
          }).toThrow(Book.Contradiction)
        },
      ),
    )
  })

  it('behavior: the same receipt twice is one receipt', () => {
    const book = Book.open(channelId)
    Book.reserve(book, hex32(9), 100n, hex32(2))
    Book.settle(book, receiptOf(1n, hex32(9), 5n, 5n))
    Book.settle(book, receiptOf(1n, hex32(9), 5n, 5n))
    expect(book).toMatchObject({ spent: 5n, seq: 1n })
  })

  it('behavior: a shortfall is what the lock lacks', () => {
    const book = Book.open(channelId, 100n)
    expect(Book.shortfall(book, 100n)).toBe(0n)
    Book.reserve(book, hex32(1), 70n, hex32(2))
    expect(Book.shortfall(book, 31n)).toBe(1n)
    Book.settle(book, receiptOf(1n, hex32(1), 10n, 10n))
    expect(Book.shortfall(book, 90n)).toBe(0n)
  })

  it('behavior: a raise replaces what the job had set aside', () => {
    const book = Book.open(channelId, 1000n)
    Book.reserve(book, hex32(1), 70n, hex32(2))
    expect(Book.raise(book, hex32(1), 200n, hex32(2))).toMatchObject({ n: 2n, ceiling: 200n })
    expect(book.inFlightSum).toBe(200n)
  })

  it('behavior: what a provider says is reserved is believed only up to what was signed away', () => {
    const book = Book.open(channelId, 1000n)
    const voucher = { voucher: { channelId, n: 4n, ceiling: 300n, context: hex32(2) }, signature: '0x' as const }
    const receipt = receiptOf(3n, hex32(1), 100n, 100n)
    Book.adopt(book, { voucher, receipt, reserved: 10n ** 9n })
    expect(book).toMatchObject({ n: 4n, ceiling: 300n, spent: 100n, reservedUnknown: 200n })
    expect(Book.ceilingFor(book, 50n)).toBe(350n)
    Book.compare(book, { voucher, receipt, reserved: 0n })
    expect(Book.ceilingFor(book, 50n)).toBe(300n)
    Book.compare(book, { voucher, receipt, reserved: 10n ** 9n })
    expect(Book.ceilingFor(book, 50n)).toBe(350n)
  })

  it('behavior: a provider that only pretends to have reserved more never gets a higher ceiling', () => {
    const book = Book.open(channelId, 10n ** 9n)
    for (let i = 1; i <= 10; i += 1) {
      const signed = { voucher: Book.reserve(book, hex32(i), 50n, hex32(2)), signature: '0x' as const }
      expect(signed.voucher.ceiling).toBe(50n)
      Book.forget(book, hex32(i))
      Book.compare(book, { voucher: signed, receipt: undefined, reserved: 10n ** 9n })
    }
  })

  it('behavior: a job that was given up may be charged late, once', () => {
    const book = Book.open(channelId, 10n ** 9n)
    Book.reserve(book, hex32(1), 50n, hex32(2))
    Book.giveUp(book, hex32(1))
    Book.reserve(book, hex32(2), 50n, hex32(2))
    Book.compare(book, { voucher: undefined, receipt: undefined, reserved: 100n })
    expect(Book.ceilingFor(book, 0n)).toBe(100n)
    Book.reserve(book, hex32(3), 50n, hex32(2))
    Book.settle(book, receiptOf(2n, hex32(2), 10n, 60n))
    expect(() => Book.settle(book, receiptOf(4n, hex32(3), 10n, 120n))).toThrow(Book.AboveKnown)
  })

  it('error: a total that jumps further than the known jobs, though below the ceiling', () => {
    const book = { ...Book.open(channelId), ceiling: 1000n }
    Book.reserve(book, hex32(1), 50n, hex32(2))
    expect(() => Book.settle(book, receiptOf(2n, hex32(1), 10n, 61n))).toThrow(
      "The provider's receipt was refused: the total is above what all jobs can have cost.",
    )
    expect(() => Book.settle(book, receiptOf(2n, hex32(9), 1n, 51n))).toThrow(Book.AboveKnown)
  })

  it('behavior: a voucher that a killed process signed explains a higher total', () => {
    const book = Book.open(channelId)
    const receipt = receiptOf(1n, hex32(9), 40n, 40n)
    expect(() => Book.settle(book, receipt)).toThrow(Book.AboveKnown)
    const voucher = { voucher: { channelId, n: 1n, ceiling: 40n, context: hex32(2) }, signature: '0x' as const }
    expect(Book.adoptVoucher(book, voucher)).toBe(true)
    Book.settle(book, receipt)
    expect(Book.adoptVoucher(book, voucher)).toBe(false)
    expect(book).toMatchObject({ spent: 40n, ceiling: 40n })
  })

  it('error: more claimed on chain than its jobs can have cost', () => {
    const book = Book.open(channelId)
    Book.reserve(book, hex32(1), 50n, hex32(2))
    Book.assertClaimed(book, 50n)
    Book.settle(book, receiptOf(1n, hex32(1), 10n, 10n))
    Book.assertClaimed(book, 10n)
    expect(() => Book.assertClaimed(book, 50n)).toThrow(
      'The provider claimed 50 µUSDC of this channel; its jobs can have cost 10 µUSDC at most.',
    )
  })

  it('error: a total above every signed ceiling', () => {
    const book = { ...Book.open(channelId), ceiling: 9n }
    expect(() => Book.settle(book, receiptOf(1n, hex32(1), 10n, 10n))).toThrow(
      "The provider's receipt was refused: the total is above every signed ceiling.",
    )
  })
})
