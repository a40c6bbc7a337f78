/**
 * How many positive numbers fell where: counts by size, four for each doubling from 1 on, so that what is read from them
 * is right to a tenth whatever was counted. Spreads of several times or places are added.
 */
export type Spread = number[]

const perDoubling = 4
/** Up to 2²¹: 35 minutes in ms. */
const size = 21 * perDoubling

export const empty = (): Spread => new Array<number>(size).fill(0)

/** Counts a number; what is below 1 counts as 1, what is above the top as the top. */
export const count = (spread: Spread, value: number): void => {
  const place = Math.floor(Math.log2(Math.max(1, value)) * perDoubling)
  const at = Math.min(size - 1, place)
  spread[at] = (spread[at] ?? 0) + 1
}

/** Adds the counts of another to the first. */
export const add = (to: Spread, from: readonly number[]): void => {
  for (let at = 0; at < size; at += 1) to[at] = (to[at] ?? 0) + (from[at] ?? 0)
}

export const total = (spread: Spread): number => spread.reduce((sum, counted) => sum + counted, 0)

/** The number that this part (0 to 1) of all counted ones does not exceed, to a tenth; undefined where none was counted. */
export const quantile = (spread: Spread, part: number): number | undefined => {
  const wanted = Math.max(1, Math.ceil(total(spread) * part))
  let seen = 0
  for (const [at, counted] of spread.entries()) {
    seen += counted
    if (seen >= wanted) return 2 ** ((at + 0.5) / perDoubling)
  }
  return undefined
}
