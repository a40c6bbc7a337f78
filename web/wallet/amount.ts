/** `12.5` → 12500000n; undefined for what is no amount. */
export const microOf = (text: string): bigint | undefined => {
  const match = /^\s*(\d{1,9})(?:[.,](\d{1,6}))?\s*$/.exec(text)
  if (!match) return undefined
  const micro = BigInt(match[1] as string) * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'))
  return micro > 0n ? micro : undefined
}
