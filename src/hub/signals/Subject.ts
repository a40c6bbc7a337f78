import { Account } from '../../catalog/index.ts'
import type { Hex } from '../../core/index.ts'
import { accountNamed } from '../accounts.ts'
import type { HubContext } from '../context.ts'

/** Whom a request is about: somebody with a name here, or a wallet that never signed in. */
export type Subject = { account: Account.Account | undefined; address: Hex | null }

/** The person, organisation or wallet of a name or address. Throws `AccountNotFound` for a name that nobody has. */
export const of = async (context: HubContext, text: string): Promise<Subject> => {
  if (/^0x[0-9a-f]{40}$/i.test(text)) {
    const address = text.toLowerCase() as Hex
    return { account: await Account.byAddress(context.catalog.db, address), address }
  }
  const account = await accountNamed(context, text)
  return { account, address: account.address as Hex | null }
}

/** How they are called: by name, or by address. */
export const nameOf = ({ account, address }: Subject): string => account?.name ?? address ?? ''
