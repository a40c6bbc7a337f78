import { privateKeyToAccount } from 'viem/accounts'
import { sharedSecret } from '../../catalog/index.ts'
import { Bytes, type Hex, type Signer } from '../../core/index.ts'
import type { HubContext } from '../context.ts'

/**
 * The key that signs for owners who let this hub anchor their commits: random, the same for all processes on the
 * database, without money, and worth nothing for whoever did not delegate to it.
 */
export const of = async ({ catalog }: HubContext): Promise<Signer> => {
  const account = privateKeyToAccount(Bytes.toHex(await sharedSecret(catalog.db, 'delegate-key')))
  return { address: account.address.toLowerCase() as Hex, sign: (digest) => account.sign({ hash: digest }) }
}
