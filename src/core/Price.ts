import { BadInput } from './errors.ts'

/** µUSDC per 10⁶ tokens in, tokens out and milliseconds, and µUSDC a call. */
export type Price = { priceIn: bigint; priceOut: bigint; priceMs: bigint; priceCall: bigint }

/** What a job used. */
export type Units = { in: bigint; out: bigint; ms: bigint }

const million = 1_000_000n

/** ⌈(in·priceIn + out·priceOut + ms·priceMs + 10⁶·priceCall) / 10⁶⌉ in µUSDC, rounded once. */
export function fee(price: Price, units: Units): bigint {
  const sum =
    units.in * price.priceIn + units.out * price.priceOut + units.ms * price.priceMs + million * price.priceCall
  return (sum + million - 1n) / million
}

/** Reads dollars such as `0.15` or `$2` into µUSDC. Throws `BadInput` on more than six decimals or no number. */
export function fromUsdc(text: string): bigint {
  const match = /^\$?(\d{1,15})(?:\.(\d{1,6}))?$/.exec(text.trim())
  if (!match) {
    throw new BadInput(`"${text}" is not an amount of USDC.`, {
      code: 'bad_amount',
      hint: 'Write it like "1.50"; the smallest unit is 0.000001.',
    })
  }
  return BigInt(match[1] as string) * million + BigInt((match[2] ?? '').padEnd(6, '0'))
}

/** µUSDC as dollars with at least two and at most six decimals: `1.50`. */
export function toUsdc(microUsdc: bigint): string {
  const sign = microUsdc < 0n ? '-' : ''
  const size = microUsdc < 0n ? -microUsdc : microUsdc
  const decimals = (size % million)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${sign}${size / million}.${decimals}`
}
