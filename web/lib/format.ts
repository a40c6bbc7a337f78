const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

/** `1536` → `1.5 KB` (powers of 1000, as disks are sold and the Hub shows). */
export const bytes = (size: number): string => {
  const power = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), units.length - 1)
  const value = size / 1000 ** power
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`
}

/** `7248023552` → `7.25B`. */
export const compact = (value: number): string =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(value)

/** `12345` → `12,345`. */
export const integer = (value: number | bigint): string => new Intl.NumberFormat('en').format(value)

/** A count with its noun: `1 job`, `1,200 jobs`. */
export const counted = (value: number | bigint, noun: string): string =>
  `${integer(value)} ${noun}${Number(value) === 1 ? '' : 's'}`

/** Basis points as a share: `250` → `2.5 %`. */
export const percent = (bps: number): string => `${Number((bps / 100).toFixed(2))} %`

/** Micro-USDC as dollars: at least two decimals, and all that are there. `12500n` → `$0.0125`. */
export const usd = (micro: bigint | string | number): string => {
  const value = BigInt(micro)
  const digits = (value < 0n ? -value : value).toString().padStart(7, '0')
  const cents = digits.slice(-6).replace(/0+$/, '').padEnd(2, '0')
  return `${value < 0n ? '−' : ''}$${integer(BigInt(digits.slice(0, -6)))}.${cents}`
}

/** `0x1234…cdef`. */
export const short = (hex: string, keep = 4): string =>
  hex.length <= 2 * keep + 4 ? hex : `${hex.slice(0, keep + 2)}…${hex.slice(-keep)}`

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** `3 hours ago`, as seen at `now`. */
export const ago = (at: Date, now: Date): string => {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000)
  const [unit, length] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / length), unit)
}
