import type { Claims, ProviderList } from '../../../catalog/index.ts'
import { Bytes, Cid } from '../../../core/index.ts'
import type { FactsWire } from '../../../wire/index.ts'

/** Unix seconds of the chain as ISO 8601. */
export const timeOf = (seconds: string): string => new Date(Number(seconds) * 1000).toISOString()

export const showClaim = ({ at, ...claim }: Claims.Claim): FactsWire.Claim => ({ ...claim, at: timeOf(at) })

/** Who claimed may have written anything in place of a CID; what is none is shown as it stands. */
export const showPlace = ({ provider, cid, at, tx }: Claims.BatchPlace) => ({
  provider,
  cid: cidText(cid),
  at: timeOf(at),
  tx,
})

const cidText = (hex: string): string => {
  try {
    return Cid.toString(Cid.fromBytes(Bytes.fromHex(hex as `0x${string}`)))
  } catch {
    return hex
  }
}

export const showProvider = (
  { at, ...provider }: ProviderList.Provider,
  more: Pick<FactsWire.Provider, 'name' | 'models' | 'health'>,
): FactsWire.Provider => ({ ...provider, ...more, since: timeOf(at) })
