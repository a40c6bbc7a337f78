import { setTimeout as sleep } from 'node:timers/promises'
import { keccak256, type TransactionReceipt } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { type Hex, PaymentNeeded, Unavailable } from '../core/index.ts'
import type { Chain } from './Chain.ts'
import type { Fees, FeesPerGas } from './Fees.ts'

export type Receipt = TransactionReceipt

type Tx = { to: Hex; data: Hex; gas: bigint }
type Job = { tx: Tx; done: (receipt: Receipt) => void; failed: (error: unknown) => void }
/** A transaction that has a nonce. `job` is absent where it only fills a gap. */
type Flight = {
  nonce: number
  raw: Hex
  hashes: Hex[]
  fees: FeesPerGas
  tx: Tx
  job?: Job
  sentAtMs: number
  sentAtBlock: bigint
}
type Options = { chain: Chain; account: PrivateKeyAccount; fees: Fees; now: () => number; raiseFeeAfterMs: number }

/** Transactions signed and sent at once; more wait. Nodes keep a bounded number for one account. */
const maxFlights = 500
/** A transaction missing from the pool for that many blocks is sent again. */
const blocksUntilResent = 2n

/**
 * Gives transactions of one key their nonces and sees each through to its receipt. The chain is the only memory: whenever
 * nothing is under way the next nonce is asked for anew, so a restart, a lost transaction or a rewound development chain
 * leaves nothing stuck. A nonce that was given out and could not be used is filled by an empty transaction.
 */
export class TxQueue {
  readonly #options: Options
  readonly #waiting: Job[] = []
  readonly #flights = new Map<number, Flight>()
  #nextNonce = 0
  #working: Promise<void> | undefined
  #stopped = false

  constructor(options: Options) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.length + this.#flights.size
  }

  /** Resolves with the receipt, whatever its status. */
  submit(tx: Tx): Promise<Receipt> {
    if (this.#stopped) return Promise.reject(new RelayerStopped())
    const receipt = new Promise<Receipt>((done, failed) => this.#waiting.push({ tx, done, failed }))
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    return receipt
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#working
    for (const job of this.#waiting.splice(0)) job.failed(new RelayerStopped())
    for (const { job } of this.#flights.values()) job?.failed(new RelayerStopped())
    this.#flights.clear()
  }

  async #work(): Promise<void> {
    while (this.size > 0 && !this.#stopped) {
      try {
        await this.#sendWaiting()
        await this.#confirm()
      } catch {
        // The node does not answer right now. Jobs keep waiting for it; their callers may give up.
      }
      if (this.#flights.size > 0 || this.#waiting.length > 0) await sleep(this.#options.chain.pollMs)
    }
  }

  async #sendWaiting(): Promise<void> {
    if (this.#waiting.length === 0) return
    const { chain, fees } = this.#options
    const [perGas, block, pending] = await Promise.all([fees.current(), chain.blockNumber(), this.#nonce('pending')])
    this.#nextNonce = this.#flights.size === 0 ? pending : Math.max(this.#nextNonce, pending)
    const flights: Flight[] = []
    for (const job of this.#waiting.splice(0, maxFlights - this.#flights.size)) {
      const flight = await this.#sign({ nonce: this.#nextNonce, tx: job.tx, fees: perGas, block, job }).catch(
        job.failed,
      )
      if (!flight) continue
      this.#nextNonce += 1
      this.#flights.set(flight.nonce, flight)
      flights.push(flight)
    }
    const refused = await Promise.all(flights.map((flight) => this.#broadcast(flight)))
    await this.#fillGaps(refused.filter((nonce) => nonce !== undefined))
  }

  async #sign(of: { nonce: number; tx: Tx; fees: FeesPerGas; block: bigint; job?: Job | undefined }): Promise<Flight> {
    const { chain, account, now } = this.#options
    const { nonce, tx, fees, job } = of
    const raw = await account.signTransaction({ type: 'eip1559', chainId: chain.chainId, nonce, ...tx, ...fees })
    const common = { nonce, raw, hashes: [keccak256(raw)], fees, tx, sentAtMs: now(), sentAtBlock: of.block }
    return job ? { ...common, job } : common
  }

  /** Returns the nonce when the node refused the transaction for good. */
  async #broadcast(flight: Flight): Promise<number | undefined> {
    const error = await this.#options.chain.client
      .request({ method: 'eth_sendRawTransaction', params: [flight.raw] })
      .then(() => undefined, complaintOf)
    if (error === undefined || /already (known|imported)/i.test(error)) return undefined
    if (/nonce too low|underpriced|replacement/i.test(error)) {
      // Somebody else used the nonce: either this very transaction is mined, or it gets another nonce.
      await this.#confirmOrRequeue(flight)
      return undefined
    }
    this.#flights.delete(flight.nonce)
    flight.job?.failed(new TransactionRefused(error))
    return flight.job ? flight.nonce : undefined
  }

  async #fillGaps(nonces: number[]): Promise<void> {
    for (const nonce of nonces.sort((a, b) => b - a)) {
      if (nonce === this.#nextNonce - 1) this.#nextNonce = nonce
      else await this.#fill(nonce)
    }
  }

  async #fill(nonce: number): Promise<void> {
    const { chain, account, fees } = this.#options
    const tx: Tx = { to: account.address.toLowerCase() as Hex, data: '0x', gas: 21_000n }
    const [perGas, block] = await Promise.all([fees.current(), chain.blockNumber()])
    const flight = await this.#sign({ nonce, tx, fees: perGas, block })
    this.#flights.set(nonce, flight)
    await this.#broadcast(flight)
  }

  async #confirm(): Promise<void> {
    if (this.#flights.size === 0) return
    const [used, pending, block] = await Promise.all([
      this.#nonce('latest'),
      this.#nonce('pending'),
      this.#options.chain.blockNumber(),
    ])
    const flights = [...this.#flights.values()]
    await Promise.all(flights.filter(({ nonce }) => nonce < used).map((flight) => this.#confirmOrRequeue(flight)))
    const open = [...this.#flights.values()].filter(({ nonce }) => nonce >= used)
    // A rewound chain forgot transactions whose receipts it had given out; later nonces wait for theirs.
    const lowest = Math.min(...open.map(({ nonce }) => nonce))
    for (let nonce = pending; nonce < lowest && open.length > 0; nonce += 1) await this.#fill(nonce)
    await Promise.all(open.map((flight) => this.#nudge(flight, block)))
  }

  async #confirmOrRequeue(flight: Flight): Promise<void> {
    const { client } = this.#options.chain
    const receipts = await Promise.all(
      flight.hashes.map((hash) => client.getTransactionReceipt({ hash }).catch(asUndefinedIfMissing)),
    )
    this.#flights.delete(flight.nonce)
    const receipt = receipts.find((each) => each !== undefined)
    if (receipt) flight.job?.done(receipt)
    // The nonce was used by another transaction: this one can never be mined, and is safe to send under a new nonce.
    else if (flight.job) this.#waiting.unshift(flight.job)
  }

  /** Sends again what the pool lost, and raises the fee of what waits too long in it. */
  async #nudge(flight: Flight, block: bigint): Promise<void> {
    const { chain, now, raiseFeeAfterMs } = this.#options
    const waitedLong = now() - flight.sentAtMs >= raiseFeeAfterMs
    const rewound = block < flight.sentAtBlock
    if (!rewound && block - flight.sentAtBlock < blocksUntilResent && !waitedLong) return
    const hash = flight.hashes.at(-1) as Hex
    const known = await chain.client.request({ method: 'eth_getTransactionByHash', params: [hash] })
    flight.sentAtBlock = block
    if (known && !waitedLong) return
    if (known || waitedLong) await this.#raiseFee(flight, block)
    await this.#broadcast(flight)
  }

  async #raiseFee(flight: Flight, block: bigint): Promise<void> {
    const current = await this.#options.fees.current()
    // Pools accept a replacement only for at least a tenth more of both.
    const raise = (old: bigint, now: bigint) => ((old * 5n) / 4n + 1n > now ? (old * 5n) / 4n + 1n : now)
    const fees = {
      maxFeePerGas: raise(flight.fees.maxFeePerGas, current.maxFeePerGas),
      maxPriorityFeePerGas: raise(flight.fees.maxPriorityFeePerGas, current.maxPriorityFeePerGas),
    }
    const { nonce, tx, job } = flight
    const raised = await this.#sign({ nonce, tx, fees, block, job })
    Object.assign(flight, raised, { hashes: [...flight.hashes, ...raised.hashes] })
  }

  #nonce(blockTag: 'pending' | 'latest'): Promise<number> {
    const { chain, account } = this.#options
    return chain.client.getTransactionCount({ address: account.address, blockTag })
  }
}

/** Codes by which nodes refuse a transaction itself: geth, EIP-1474 and invalid parameters. */
const refusals = new Set([-32000, -32003, -32602])

/** What the node says against a transaction; undefined when it did not answer or is too busy, so that it is sent again later. */
function complaintOf(error: unknown): string | undefined {
  for (let at = error as { code?: unknown; cause?: unknown; details?: string; message?: string } | undefined; at; ) {
    if (typeof at.code === 'number') return refusals.has(at.code) ? (at.details ?? at.message ?? 'refused') : undefined
    at = at.cause as typeof at
  }
  return undefined
}

const asUndefinedIfMissing = (error: unknown): undefined => {
  if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined
  throw error
}

/** The node refused the transaction itself, most often because the key has too little for gas. */
export class TransactionRefused extends PaymentNeeded {
  constructor(why: string) {
    super(`The chain's node refused the transaction: ${why}.`, {
      code: 'transaction_refused',
      hint: 'See that the account that pays the gas holds enough of the chain’s coin.',
    })
  }
}

/** The relayer was stopped while the transaction was under way; it may still be mined. */
export class RelayerStopped extends Unavailable {
  constructor() {
    super('The relayer was stopped before the transaction was seen in a block; it may still be mined.', {
      code: 'relayer_stopped',
      hint: 'Look whether it took effect before you send it again.',
    })
  }
}
