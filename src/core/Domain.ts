import { type Hex, toHex, utf8 } from './Bytes.ts'
import { keccak256 } from './Hash.ts'
import { define } from './Struct.ts'

/** The EIP-712 domain of one of our contracts. */
export type Domain = { name: string; version: string; chainId: number; verifyingContract: Hex }

const domain = define('EIP712Domain', {
  name: 'string',
  version: 'string',
  chainId: 'uint256',
  verifyingContract: 'address',
})

/** The separator that every digest of this domain starts from (EIP-712). */
export const separator = (of: Domain): Hex =>
  domain.structHash({ ...of, chainId: BigInt(of.chainId), verifyingContract: of.verifyingContract })

const named =
  (name: string) =>
  (chainId: number, verifyingContract: Hex): Domain => ({
    name,
    version: '1',
    chainId,
    verifyingContract: verifyingContract.toLowerCase() as Hex,
  })

/** Sessions, locks, offers, vouchers, receipts and claims: `UsageController`. */
export const usage = named('DeHug Usage')
/** Names, models and versions: `ModelRegistry`. */
export const registry = named('DeHug Registry')
/** Creator and Holder ledgers: `RevenueLedger`. */
export const revenue = named('DeHug Revenue')
/** Services and stake: `ProviderRegistry`. */
export const providers = named('DeHug Providers')

/** Pull receipts: `EngagementOracle`. */
export const signals = named('DeHug Signals')

/** Digest of an EIP-191 personal message, as wallets sign plain text. */
export const personalDigest = (message: string): Hex => {
  const body = utf8(message)
  const head = utf8(`\x19Ethereum Signed Message:\n${body.length}`)
  const joined = new Uint8Array(head.length + body.length)
  joined.set(head)
  joined.set(body, head.length)
  return keccak256(toHex(joined))
}
