import { privateKeyToAccount } from 'viem/accounts'
import { sharedSecret } from '../../catalog/index.ts'
import { Bytes, Domain, Hash, type Hex, PullReceipt, type Signer } from '../../core/index.ts'
import type { HubContext } from '../context.ts'

/** The key that signs pull receipts for accounts without a wallet: random, and the same for all hubs on the database. */
export const of = async ({ catalog }: HubContext): Promise<Signer> => {
  const account = privateKeyToAccount(Bytes.toHex(await sharedSecret(catalog.db, 'pull-receipts')))
  return { address: account.address.toLowerCase() as Hex, sign: (digest) => account.sign({ hash: digest }) }
}

/** Stands for a person on one day and version; two of them cannot be joined without the hub's secret. */
export const tagOf = async ({ catalog }: HubContext, accountId: string, root: Hex, day: number): Promise<Hex> => {
  const secret = Bytes.toHex(await sharedSecret(catalog.db, 'pull-tags'))
  return Hash.keccak256(Bytes.toHex(Bytes.utf8(`${secret}:${accountId}:${root}:${day}`)))
}

/** What receipts are signed under; undefined on a hub whose network has no oracle. */
export const separator = ({ chain }: HubContext): Hex | undefined => {
  const oracle = chain?.deployment.contracts.EngagementOracle
  return chain && oracle && Domain.separator(Domain.signals(chain.chainId, oracle))
}

/** Whether a wallet signed a receipt: a key, or a contract that says so (ERC-1271). */
export const isByWallet = async (
  { chain }: HubContext,
  receipt: PullReceipt.PullReceipt,
  separator: Hex,
  signature: Hex,
): Promise<boolean> => {
  const hash = PullReceipt.digest(separator, receipt)
  return (await chain?.client.verifyHash({ address: receipt.puller, hash, signature }).catch(() => false)) === true
}
