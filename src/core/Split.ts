import { BadInput } from './errors.ts'

/** Parts of ten thousand. */
export const whole = 10_000n

/** How one claim is divided, in µUSDC. The contract computes the same numbers. */
export type ClaimSplit = { protocolFee: bigint; model: bigint; provider: bigint }

/** protocolFee = ⌊delta·feeBps/10⁴⌋, model = ⌊delta·creatorBps/10⁴⌋, the provider gets the rest. */
export function ofClaim(delta: bigint, terms: { feeBps: number; creatorBps: number }): ClaimSplit {
  const protocolFee = part(delta, terms.feeBps)
  const model = part(delta, terms.creatorBps)
  return { protocolFee, model, provider: delta - protocolFee - model }
}

/** The model's part goes to its creators by ⌊amount·creatorShareBps/10⁴⌋ and the rest to the NFT's holder. */
export function ofModel(amount: bigint, creatorShareBps: number): { creators: bigint; holder: bigint } {
  const creators = part(amount, creatorShareBps)
  return { creators, holder: amount - creators }
}

/** ⌊amount·bps/10⁴⌋ */
export const part = (amount: bigint, bps: number): bigint => (amount * BigInt(bps)) / whole

/** Asserts shares as a Mint takes them: 1 to 32 distinct accounts, each share positive, sum 10,000. Throws `BadInput`. */
export function assertShares(creators: readonly string[], shares: readonly number[]): void {
  if (creators.length !== shares.length || creators.length === 0 || creators.length > 32) {
    throw new BadInput(`${creators.length} creators and ${shares.length} shares given: expected 1 to 32 of each.`, {
      code: 'bad_split',
    })
  }
  if (new Set(creators.map((creator) => creator.toLowerCase())).size !== creators.length) {
    throw new BadInput('A creator is named twice.', {
      code: 'bad_split',
      hint: 'Add the shares of one account together.',
    })
  }
  const sum = shares.reduce((total, share) => total + share, 0)
  if (sum !== Number(whole) || shares.some((share) => !Number.isInteger(share) || share <= 0)) {
    throw new BadInput(`The shares add up to ${sum}: expected positive parts that add up to 10000.`, {
      code: 'bad_split',
    })
  }
}
