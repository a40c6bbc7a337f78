import { Address, BigInt } from '@graphprotocol/graph-ts'
import { Provider } from '../generated/schema'

/** A provider's row appears with its first event, whichever that is. */
export function providerRow(address: Address, at: BigInt): Provider {
  const known = Provider.load(address.toHexString())
  if (known != null) return known
  const row = new Provider(address.toHexString())
  row.address = address
  row.url = ''
  row.stake = BigInt.zero()
  row.unbonding = BigInt.zero()
  row.slashed = BigInt.zero()
  row.claimed = BigInt.zero()
  row.earned = BigInt.zero()
  row.jobs = BigInt.zero()
  row.at = at
  return row
}
