import { bytesToHex, parseAbi } from 'viem'
import type { Call } from './Calls.ts'
import type { Chain } from './Chain.ts'

export type FeesPerGas = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }

/** GasPriceOracle, a predeploy of every OP-stack chain. */
const oracle = '0x420000000000000000000000000000000000000F'
const oracleAbi = parseAbi(['function getL1Fee(bytes data) view returns (uint256)'])
/** Signature and numbers that come on top of a call's data. */
const envelopeBytes = 180

/** Current EIP-1559 fees, asked for at most once a second. */
export class Fees {
  readonly #chain: Chain
  readonly #now: () => number
  #known: { atMs: number; fees: Promise<FeesPerGas> } | undefined
  #isOpStack: Promise<boolean> | undefined

  constructor(chain: Chain, now: () => number) {
    this.#chain = chain
    this.#now = now
  }

  current(): Promise<FeesPerGas> {
    const atMs = this.#now()
    if (!this.#known || atMs - this.#known.atMs > 1_000) {
      const fees = this.#chain.client.estimateFeesPerGas()
      fees.catch(() => {
        this.#known = undefined
      })
      this.#known = { atMs, fees }
    }
    return this.#known.fees
  }

  /** The most that a transaction may cost in wei, the L1 data fee included. */
  async most(call: Call, gas: bigint): Promise<bigint> {
    const [{ maxFeePerGas }, l1Fee] = await Promise.all([this.current(), this.#l1Fee(call)])
    return gas * maxFeePerGas + l1Fee
  }

  async #l1Fee(call: Call): Promise<bigint> {
    const { client } = this.#chain
    this.#isOpStack ??= client.getCode({ address: oracle }).then((code) => code !== undefined && code !== '0x')
    if (!(await this.#isOpStack)) return 0n
    // Incompressible bytes stand for the parts not known yet, so the fee is never estimated too low.
    const filler = bytesToHex(Uint8Array.from({ length: envelopeBytes }, (_, i) => (i * 97 + 13) % 256))
    const data = `${call.data}${filler.slice(2)}` as const
    const fee = await client.readContract({ address: oracle, abi: oracleAbi, functionName: 'getL1Fee', args: [data] })
    return (fee * 5n) / 4n
  }
}
