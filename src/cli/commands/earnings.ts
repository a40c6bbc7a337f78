import type { ClaimedEarnings, Earnings } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, print } from '../Io.ts'
import { addressFrom } from './withdraw.ts'

/** What an account has earned and can take out. */
export async function earnings(options: ConnectOptions & { address?: string | undefined }, io: Io): Promise<Earnings> {
  const client = await connect(options, io)
  const found = await client.earnings({ address: addressFrom(options.address) })
  const rows = [
    ['account', found.address],
    ['from models', Format.usdc(found.revenueMicroUsdc)],
    ['from serving', Format.usdc(found.creditMicroUsdc)],
    ['balance', Format.usdc(found.freeMicroUsdc)],
    ['wallet', Format.usdc(found.walletMicroUsdc)],
  ]
  print(io, Format.table(rows))
  return found
}

/** Takes all earnings out to the wallet. */
export async function claim(options: ConnectOptions & { to?: string | undefined }, io: Io): Promise<ClaimedEarnings> {
  const client = await connect(options, io)
  const result = await client.claim({ to: addressFrom(options.to) })
  const total = result.revenueMicroUsdc + result.creditMicroUsdc
  print(io, total === 0n ? 'Nothing to take out.' : `${Format.usdc(total)} to ${result.to}`)
  for (const tx of result.txs) print(io, `tx ${tx}`)
  return result
}
