import { BadInput } from './errors.ts'

/** Bytes written as lower-case hexadecimal after `0x`; addresses, roots and ids travel like this. */
export type Hex = `0x${string}`

const byteToHex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const nibble = new Int8Array(128).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  nibble[digit.charCodeAt(0)] = value
  nibble[digit.toUpperCase().charCodeAt(0)] = value
}
const utf8Encoder = new TextEncoder()

/** `0x` and two lower-case digits a byte. */
export function toHex(bytes: Uint8Array): Hex {
  let text = ''
  for (let i = 0; i < bytes.length; i += 1) text += byteToHex[bytes[i] as number]
  return `0x${text}`
}

/** The bytes that a hexadecimal text stands for. Throws `BadInput` on an odd length or a foreign digit. */
export function fromHex(hex: string): Uint8Array {
  const start = hex.startsWith('0x') ? 2 : 0
  const length = (hex.length - start) / 2
  if (!Number.isInteger(length)) throw new BadHex(hex)
  const bytes = new Uint8Array(length)
  for (let i = 0, at = start; i < length; i += 1, at += 2) {
    const high = nibble[hex.charCodeAt(at)] ?? -1
    const low = nibble[hex.charCodeAt(at + 1)] ?? -1
    if (high < 0 || low < 0) throw new BadHex(hex)
    bytes[i] = (high << 4) | low
  }
  return bytes
}

/** One array after the other. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Whether both hold the same bytes. */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  return a.every((byte, i) => byte === b[i])
}

/** Orders byte strings as a dictionary does: negative, zero or positive. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export const utf8 = (text: string): Uint8Array => utf8Encoder.encode(text)

/** Big-endian, `size` bytes. Throws `BadInput` where the number is negative or does not fit. */
export function fromBigInt(value: bigint, size: number): Uint8Array {
  if (value < 0n || value >= 1n << BigInt(size * 8)) {
    throw new BadInput(`The number ${value} does not fit into ${size} unsigned bytes.`, { code: 'number_out_of_range' })
  }
  return fromHex(value.toString(16).padStart(size * 2, '0'))
}

/** The unsigned number that big-endian bytes stand for. */
export const toBigInt = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(toHex(bytes)))

/** A text was to be hexadecimal and is not. */
export class BadHex extends BadInput {
  constructor(given: string) {
    super(`"${given.slice(0, 80)}" is not hexadecimal: expected an even number of digits 0-9 a-f.`, { code: 'bad_hex' })
  }
}
