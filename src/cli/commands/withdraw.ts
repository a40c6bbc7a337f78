import { BadInput, type Hex, Price } from '../../core/index.ts'
import type { WithdrawResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, print } from '../Io.ts'

export type WithdrawOptions = ConnectOptions & { to?: string | undefined }

/** Takes free balance out to the wallet. */
export async function withdraw(amount: string, options: WithdrawOptions, io: Io): Promise<WithdrawResult> {
  const client = await connect(options, io)
  const result = await client.withdraw({ amountMicroUsdc: Price.fromUsdc(amount), to: addressFrom(options.to) })
  print(io, `${Format.usdc(result.amountMicroUsdc)} to ${result.to}, tx ${result.tx}`)
  return result
}

/** An address from the command line. Throws `BadInput`. */
export function addressFrom(text: string | undefined): Hex | undefined {
  if (text === undefined) return undefined
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new BadInput(`"${text}" is not an address.`, {
      code: 'bad_address',
      hint: 'Give 0x and 40 hexadecimal digits.',
    })
  }
  return text.toLowerCase() as Hex
}
