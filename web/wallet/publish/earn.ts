import { Split } from 'dehug/core'
import type { PriceFields } from './draft.ts'

const bps = (percent: number): number => Math.round(percent * 100)

/** What 30 days bring at so many runs a day, in µUSDC, by the contracts' own arithmetic (base models take their part before). */
export const earn = (
  price: PriceFields,
  ownShare: number,
  { runs, feeMicroUsdc }: { runs: number; feeMicroUsdc: bigint },
): { creators: bigint; holder: bigint; you: bigint } => {
  const claimed = BigInt(runs) * 30n * feeMicroUsdc
  const { creators, holder } = Split.ofModel(Split.part(claimed, bps(price.part)), bps(price.creators))
  return { creators, holder, you: holder + Split.part(creators, bps(Math.max(0, ownShare))) }
}

/** As the mint takes it. Throws `BadInput` where the shares do not add up. */
export const termsOf = (price: PriceFields, own: `0x${string}`) => {
  const others = price.splits.map(({ address, share }) => ({
    address: address.toLowerCase() as `0x${string}`,
    share: bps(share),
  }))
  const creators = [own, ...others.map(({ address }) => address)]
  const shares = [10_000 - others.reduce((sum, { share }) => sum + share, 0), ...others.map(({ share }) => share)]
  const kept = creators
    .map((creator, i) => ({ creator, share: shares[i] as number }))
    .filter(({ share }) => share !== 0)
  Split.assertShares(
    kept.map(({ creator }) => creator),
    kept.map(({ share }) => share),
  )
  return {
    ...{ creatorBps: bps(price.part), creatorShareBps: bps(price.creators), royaltyBps: bps(price.royalty) },
    creators: kept.map(({ creator }) => creator),
    shares: kept.map(({ share }) => share),
  }
}

/** Why these splits cannot be; undefined where they can. */
export const priceProblem = (price: PriceFields): string | undefined => {
  const bad = price.splits.find(({ address }) => !/^0x[0-9a-fA-F]{40}$/.test(address))
  if (bad) return `“${bad.address}” is not an address: 0x and 40 digits.`
  try {
    termsOf(price, `0x${'0'.repeat(40)}`)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
