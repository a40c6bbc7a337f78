import { privateKeyToAccount } from 'viem/accounts'
import { BadInput, DehugError, Fault, type Hex } from '../core/index.ts'
import type { Call } from './Calls.ts'
import type { Chain } from './Chain.ts'
import { fromRevertData, revertDataOf } from './ContractRefusal.ts'
import { assertNotDevKey } from './DevKeys.ts'
import { Fees } from './Fees.ts'
import type { RelayBudget, Reservation } from './RelayBudget.ts'
import { orUnreachable } from './rpc.ts'
import { type Receipt, RelayerStopped, TxQueue } from './TxQueue.ts'

/** No transaction may use more gas (EIP-7825). */
export const gasCap = 2n ** 24n

/** A mined and successful transaction; `costWei` includes the L1 data fee where the chain has one. */
export type Sent = { hash: Hex; receipt: Receipt; gasUsed: bigint; costWei: bigint }

export type Options = {
  chain: Chain
  /** Private key that pays the gas. One process a key: two would race for its nonces. */
  key: Hex
  budget: RelayBudget
  now?: () => number
  /** How long a transaction may wait in the pool before its fee is raised; default 30 s. */
  raiseFeeAfterMs?: number
}

/** Pays gas for others' signed messages, or for the owner of the key. */
export type Relayer = AsyncDisposable & {
  address: Hex
  /** How many transactions are neither mined nor refused. */
  pending: () => number
  /**
   * Simulates, sends and waits until the transaction is mined. Calls in parallel share blocks. Throws `ContractRefusal` (nothing was
   * sent, or, with `details.hash`, it reverted on chain), `GasCapExceeded`, `QuotaExceeded`, `RelayBudgetExhausted`, `RelayerStopped`.
   */
  send(call: Call, by: { account: string }): Promise<Sent>
  /** Stops waiting; what was sent stays sent. */
  stop(): Promise<void>
}

/** Starts a relayer. Throws `DevKeysOffLoopback` for a well-known key on a real chain. */
export async function start(options: Options): Promise<Relayer> {
  const { chain, budget } = options
  assertNotDevKey(options.key, chain.chainId)
  const account = privateKeyToAccount(options.key)
  const address = account.address.toLowerCase() as Hex
  const now = options.now ?? Date.now
  const fees = new Fees(chain, now)
  const queue = new TxQueue({ chain, account, fees, now, raiseFeeAfterMs: options.raiseFeeAfterMs ?? 30_000 })

  async function send(call: Call, by: { account: string }): Promise<Sent> {
    const gas = await simulate(chain, address, call)
    const maxWei = await fees.most(call, gas)
    const reservation = await budget.reserve({ account: by.account, maxWei })
    const receipt = await settled(reservation, queue.submit({ to: call.to, data: call.data, gas }))
    const costWei = costOf(receipt)
    await reservation.settle(costWei)
    if (receipt.status !== 'success') throw await reasonOf(chain, address, call, receipt)
    return { hash: receipt.transactionHash, receipt, gasUsed: receipt.gasUsed, costWei }
  }

  const stop = () => queue.stop()
  return { address, pending: () => queue.size, send, stop, [Symbol.asyncDispose]: stop }
}

/** Gas for the call, with room for what other transactions of its block may change. */
async function simulate(chain: Chain, from: Hex, call: Call): Promise<bigint> {
  const estimate = await chain.client
    .request({ method: 'eth_estimateGas', params: [{ from, to: call.to, data: call.data }] })
    .catch((error) => {
      const data = revertDataOf(error)
      if (data !== undefined) throw fromRevertData(call.name, data)
      if (/out of gas|exceeds|gas required/i.test(String(error?.details ?? error?.message)))
        throw new GasCapExceeded(call.name)
      throw orUnreachable(error, chain.rpcUrl)
    })
  const needed = BigInt(estimate)
  if (needed > gasCap) throw new GasCapExceeded(call.name, needed)
  if (call.gas !== undefined) return call.gas < gasCap ? call.gas : gasCap
  const roomy = (needed * 13n) / 10n + 30_000n
  return roomy < gasCap ? roomy : gasCap
}

async function settled(reservation: Reservation, receipt: Promise<Receipt>): Promise<Receipt> {
  try {
    return await receipt
  } catch (error) {
    if (!(error instanceof RelayerStopped)) await reservation.settle(0n)
    throw error
  }
}

const costOf = (receipt: Receipt): bigint => {
  const { l1Fee } = receipt as { l1Fee?: bigint | string | null }
  return receipt.gasUsed * receipt.effectiveGasPrice + BigInt(l1Fee ?? 0)
}

/** Why it reverted although its simulation passed: something before it in the block changed the state. */
async function reasonOf(chain: Chain, from: Hex, call: Call, receipt: Receipt): Promise<DehugError> {
  const { transactionHash: hash } = receipt
  const data = await chain.client.call({ account: from, to: call.to, data: call.data }).then(
    () => undefined,
    (error) => revertDataOf(error),
  )
  if (data === undefined) return new TransactionReverted(call.name, hash)
  const refusal = fromRevertData(call.name, data)
  const { code, status, hint, retryable, exitCode, details, message } = refusal
  return new DehugError(message, {
    code,
    status,
    hint,
    retryable,
    exitCode,
    details: { ...details, hash },
    cause: refusal,
  })
}

/** The call needs more gas than one transaction may use. */
export class GasCapExceeded extends BadInput {
  constructor(call: string, gas?: bigint) {
    super(`${call} needs ${gas ?? 'more'} gas; one transaction may use ${gasCap}.`, {
      code: 'gas_cap_exceeded',
      hint: 'Send it in smaller parts.',
      details: { call, gas, gasCap },
    })
  }
}

/** A transaction reverted on chain although it passed before, and passes again now. */
export class TransactionReverted extends Fault {
  constructor(call: string, hash: string) {
    super(`${call} reverted in transaction ${hash}.`, {
      code: 'transaction_reverted',
      hint: 'The state changed between simulation and block; read it again and retry.',
      retryable: true,
      details: { call, hash },
    })
  }
}
