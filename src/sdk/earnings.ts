import { Domain, type Hex, RevenueWithdraw, WithdrawCredit } from '../core/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import * as Ledger from './Ledger.ts'
import { signStruct } from './sign-struct.ts'
import { deadlineFrom, randomNonce, relay } from './withdraw.ts'

export type EarningsOptions = { address?: Hex | undefined }

/** What an account can take out, in µUSDC, as the contracts say it. */
export type Earnings = {
  address: Hex
  /** From models: as creator and as holder of their NFTs (RevenueLedger). */
  revenueMicroUsdc: bigint
  /** From serving: as provider (UsageController). */
  creditMicroUsdc: bigint
  /** Paid in and not locked: as payer. */
  freeMicroUsdc: bigint
  walletMicroUsdc: bigint
}

/** Reads an account's credits from the chain. */
export async function earnings(connection: Connection, options: EarningsOptions): Promise<Earnings> {
  const address = options.address ?? signerOf(connection).address
  const { chain } = await Ledger.open(connection)
  const [revenueMicroUsdc, creditMicroUsdc, freeMicroUsdc, walletMicroUsdc] = await Promise.all([
    chain.revenue.creditOf(address),
    chain.credit(address),
    chain.free(address),
    chain.usdc.balanceOf(address),
  ])
  return { address, revenueMicroUsdc, creditMicroUsdc, freeMicroUsdc, walletMicroUsdc }
}

export type ClaimOptions = { to?: Hex | undefined }

export type ClaimedEarnings = {
  to: Hex
  revenueMicroUsdc: bigint
  creditMicroUsdc: bigint
  txs: Hex[]
}

/** Takes out all that the signer earned, by one signature for each of the two ledgers that holds something. */
export async function claim(connection: Connection, options: ClaimOptions): Promise<ClaimedEarnings> {
  const signer = signerOf(connection)
  const { revenueMicroUsdc, creditMicroUsdc } = await earnings(connection, {})
  const { chainId, contracts } = await connection.network()
  const to = options.to ?? signer.address
  const terms = (amount: bigint) => ({
    account: signer.address,
    to,
    amount,
    nonce: randomNonce(),
    deadline: deadlineFrom(connection.now()),
  })
  const txs: Hex[] = []
  if (creditMicroUsdc > 0n) {
    const message = terms(creditMicroUsdc)
    const domain = Domain.usage(chainId, contracts.UsageController as Hex)
    const signature = await signStruct(signer, domain, WithdrawCredit, message)
    txs.push(await relay(connection, { kind: 'credit', withdraw: WithdrawCredit.serialize(message), signature }))
  }
  if (revenueMicroUsdc > 0n) {
    const message = terms(revenueMicroUsdc)
    const domain = Domain.revenue(chainId, contracts.RevenueLedger as Hex)
    const signature = await signStruct(signer, domain, RevenueWithdraw, message)
    txs.push(await relay(connection, { kind: 'revenue', withdraw: RevenueWithdraw.serialize(message), signature }))
  }
  return { to, revenueMicroUsdc, creditMicroUsdc, txs }
}
