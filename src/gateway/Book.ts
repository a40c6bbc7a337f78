import { type Hex, Receipt, type Voucher } from '../core/index.ts'
import { Falsehood } from './Falsehood.ts'
import * as MicroUsdc from './MicroUsdc.ts'

/** A receipt with the provider's signature. */
export type SignedReceipt = { receipt: Receipt.Receipt; signature: Hex }
/** A voucher with the session key's signature. */
export type SignedVoucher = { voucher: Voucher.Voucher; signature: Hex }

/**
 * What the payer's side knows of one channel. All sums are µUSDC. Only one process writes it (its lane), so it lives in
 * memory and needs no lock; Postgres and the provider can rebuild it.
 */
export type Book = {
  readonly channelId: Hex
  /** On chain. */
  locked: bigint
  /** Number of the last voucher. */
  n: bigint
  /** The highest ceiling signed; never falls. */
  ceiling: bigint
  voucher: SignedVoucher | undefined
  /** Running total of the receipt with the highest `seq`. */
  spent: bigint
  seq: bigint
  lastReceipt: SignedReceipt | undefined
  /** Largest fee of each job whose receipt has not come yet, by job id. */
  readonly inFlight: Map<Hex, bigint>
  inFlightSum: bigint
  /** Reserved at the provider for jobs that this process does not know (it was killed); at most what was signed away then. */
  reservedUnknown: bigint
  /** Sum of the fees of receipts, and the total when the book was opened. */
  seen: bigint
  /** The most that may be charged for jobs whose receipts are not waited for: given up, or of a killed process. */
  unknown: bigint
  /** The latest receipts in order of `seq`, to find contradictions. */
  readonly receipts: Receipt.Receipt[]
}

/** Receipts remembered per channel; an older `seq` is checked against the sums only (and by the database's unique index). */
const remembered = 1024

/** A book of a channel with `locked` µUSDC on chain and nothing signed yet. */
export const open = (channelId: Hex, locked = 0n): Book => ({
  channelId,
  locked,
  n: 0n,
  ceiling: 0n,
  voucher: undefined,
  spent: 0n,
  seq: 0n,
  lastReceipt: undefined,
  inFlight: new Map(),
  inFlightSum: 0n,
  reservedUnknown: 0n,
  seen: 0n,
  unknown: 0n,
  receipts: [],
})

/**
 * The ceiling a voucher must carry so that this job and all that are in flight are covered: the last one, or known
 * spent + in-flight largest fees including this one. Receipts that have not arrived are still in flight here, so this
 * is never below what the provider has spent and reserved.
 */
export const ceilingFor = (book: Book, maxFee: bigint): bigint =>
  MicroUsdc.max(book.ceiling, book.spent + book.inFlightSum + book.reservedUnknown + maxFee)

/** µUSDC by which the lock is too small for one more job of `maxFee`; zero when it fits. */
export const shortfall = (book: Book, maxFee: bigint): bigint =>
  MicroUsdc.max(0n, ceilingFor(book, maxFee) - book.locked)

/** Counts a job in and returns the voucher to sign. The caller has seen that `shortfall` is zero. */
export function reserve(book: Book, jobId: Hex, maxFee: bigint, context: Hex): Voucher.Voucher {
  book.ceiling = ceilingFor(book, maxFee)
  book.n += 1n
  book.inFlight.set(jobId, maxFee)
  book.inFlightSum += maxFee
  return { channelId: book.channelId, n: book.n, ceiling: book.ceiling, context }
}

/** Raises what one running job may cost to `maxFee` and returns the voucher to sign. */
export function raise(book: Book, jobId: Hex, maxFee: bigint, context: Hex): Voucher.Voucher {
  forget(book, jobId)
  return reserve(book, jobId, maxFee, context)
}

/** Takes a job out that the provider never reserved, or that has ended. */
export function forget(book: Book, jobId: Hex): void {
  const maxFee = book.inFlight.get(jobId)
  if (maxFee === undefined) return
  book.inFlight.delete(jobId)
  book.inFlightSum -= maxFee
}

/** Takes a job out that the provider may have reserved and may still charge for. */
export function giveUp(book: Book, jobId: Hex): void {
  book.unknown += book.inFlight.get(jobId) ?? 0n
  forget(book, jobId)
}

/** Remembers the voucher that went out last (the one with the highest `n`). */
export function remember(book: Book, signed: SignedVoucher): void {
  if (!book.voucher || signed.voucher.n > book.voucher.voucher.n) book.voucher = signed
}

/**
 * Adds a receipt whose signature and terms have been checked. Receipts may arrive in any order of `seq`, but two may
 * not share one, each must have added exactly its fee, and the total may not pass the ceiling, nor what the jobs known here
 * can have cost. Throws `Contradiction`, or `AboveKnown` where a voucher that this book does not know would explain it.
 */
export function settle(book: Book, signed: SignedReceipt): void {
  const { receipt } = signed
  const at = lowerBound(book.receipts, receipt.seq)
  const same = book.receipts[at]
  if (same?.seq === receipt.seq) {
    if (Receipt.structHash(same) !== Receipt.structHash(receipt))
      throw new Contradiction('two receipts carry one sequence number', same, receipt)
    forget(book, receipt.jobId)
    return
  }
  assertAfter(book.receipts[at - 1], receipt)
  assertAfter(receipt, same)
  if (receipt.seq === 0n || receipt.spent < receipt.fee) throw new Contradiction('its sums cannot be', receipt, receipt)
  const fee = assertKnown(book, receipt)
  book.receipts.splice(at, 0, receipt)
  if (book.receipts.length > remembered) book.receipts.shift()
  book.seen += fee
  if (receipt.seq > book.seq) {
    book.seq = receipt.seq
    book.spent = receipt.spent
    book.lastReceipt = signed
  }
  forget(book, receipt.jobId)
  book.reservedUnknown = MicroUsdc.min(book.reservedUnknown, unknownLeft(book))
}

/** The fee, where it is of a job that was waited for. */
function assertKnown(book: Book, receipt: Receipt.Receipt): bigint {
  if (receipt.spent > book.ceiling) throw new AboveKnown('the total is above every signed ceiling', receipt, receipt)
  const maxFee = book.inFlight.get(receipt.jobId) ?? 0n
  const fee = MicroUsdc.min(receipt.fee, maxFee)
  const most = book.seen + fee + book.inFlightSum - maxFee + book.unknown
  if (MicroUsdc.max(book.spent, receipt.spent) > most)
    throw new AboveKnown('the total is above what all jobs can have cost', receipt, receipt)
  return fee
}

/** Between two receipts in order the total grows by at least the later fee, and by exactly it when they are neighbours. */
function assertAfter(earlier: Receipt.Receipt | undefined, later: Receipt.Receipt | undefined): void {
  if (!earlier || !later) return
  const expected = earlier.spent + later.fee
  const wrong = later.seq === earlier.seq + 1n ? later.spent !== expected : later.spent < expected
  if (wrong) throw new Contradiction('the running totals do not follow from the fees', earlier, later)
}

/** What a provider says about a channel, its signatures checked already. */
export type Recovered = {
  voucher: SignedVoucher | undefined
  receipt: SignedReceipt | undefined
  /** µUSDC; not signed by anybody, so it is believed only up to the ceiling that was signed. */
  reserved: bigint
}

/**
 * Takes over what the provider knows when a channel is opened after a restart or with lost rows: our own later voucher, and a
 * later receipt within its ceiling. What it says is reserved is believed here, once, up to what was signed away by then.
 * Throws `Contradiction` where the receipt goes against one that we hold.
 */
export function adopt(book: Book, { voucher, receipt, reserved }: Recovered): void {
  if (voucher) adoptVoucher(book, voucher)
  book.unknown = MicroUsdc.max(book.unknown, book.ceiling - book.spent)
  if (receipt) settle(book, receipt)
  book.seen = book.spent
  const unknown = MicroUsdc.max(0n, reserved - book.inFlightSum)
  book.unknown = MicroUsdc.min(unknown, book.ceiling - book.spent)
  book.reservedUnknown = book.unknown
}

/** The same while this process signs: then it knows of all that can be reserved, whatever the provider says. */
export function compare(book: Book, { voucher, receipt, reserved }: Recovered): void {
  if (voucher) adoptVoucher(book, voucher)
  if (receipt) settle(book, receipt)
  book.reservedUnknown = MicroUsdc.min(MicroUsdc.max(0n, reserved - book.inFlightSum), unknownLeft(book))
}

/** Takes over a voucher that a killed process signed. False when the book has it, or a later one. */
export function adoptVoucher(book: Book, signed: SignedVoucher): boolean {
  const { n, ceiling } = signed.voucher
  remember(book, signed)
  if (n <= book.n) return false
  book.n = n
  book.unknown += MicroUsdc.max(0n, ceiling - book.ceiling)
  book.ceiling = MicroUsdc.max(book.ceiling, ceiling)
  return true
}

/** What a provider has claimed on chain (µUSDC) must be covered by what its jobs can have cost. Throws `OverClaimed`. */
export function assertClaimed(book: Book, claimed: bigint): void {
  const most = MicroUsdc.min(book.ceiling, MicroUsdc.max(book.spent, book.seen + book.inFlightSum + book.unknown))
  if (claimed > most) throw new OverClaimed(book, claimed, most)
}

/** What jobs that nobody waits for may still add to the total. */
const unknownLeft = (book: Book): bigint =>
  MicroUsdc.max(0n, book.unknown - MicroUsdc.max(0n, book.spent - book.seen - book.inFlightSum))

function lowerBound(receipts: readonly Receipt.Receipt[], seq: bigint): number {
  let low = 0
  let high = receipts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (receipts[middle]!.seq < seq) low = middle + 1
    else high = middle
  }
  return low
}

/** A provider's signed receipts cannot all be true; both are in `details` as evidence for a challenge. */
export class Contradiction extends Falsehood {
  constructor(reason: string, first: Receipt.Receipt, second: Receipt.Receipt) {
    super(`The provider's receipt was refused: ${reason}.`, {
      isSigned: true,
      code: 'receipt_contradiction',
      hint: 'Nothing more is signed for this provider; the channel is being closed.',
      details: { reason, receipts: [Receipt.serialize(first), Receipt.serialize(second)] },
    })
  }
}

/** A total that no voucher known here allows. A killed process may have signed one that the provider can still show. */
export class AboveKnown extends Contradiction {}

/** The provider has claimed more on chain than its receipts and the jobs under way come to; its claim carries its signature. */
export class OverClaimed extends Falsehood {
  constructor({ channelId, lastReceipt }: Book, claimed: bigint, most: bigint) {
    super(`The provider claimed ${claimed} µUSDC of this channel; its jobs can have cost ${most} µUSDC at most.`, {
      isSigned: true,
      code: 'over_claimed',
      hint: 'Nothing more is signed for this provider; the channel is being closed.',
      details: { channelId, claimed, most, lastReceipt: lastReceipt ? Receipt.serialize(lastReceipt.receipt) : null },
    })
  }
}
