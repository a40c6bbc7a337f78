/** The smaller of two sums in µUSDC. `Math.min` takes no bigint. */
export function min(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

/** The larger of two sums in µUSDC. */
export function max(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}
