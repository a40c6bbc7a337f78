import { BadPack } from './errors.ts'

/** A size as deltas write it: seven bits a byte, the lowest first. */
const size = (bytes: Uint8Array, at: number): { value: number; at: number } => {
  let value = 0
  for (let scale = 1, read = at; ; scale *= 128, read++) {
    const byte = bytes[read]
    if (byte === undefined || scale > 2 ** 42) throw new BadPack('a delta has a broken size')
    value += (byte & 127) * scale
    if (byte < 128) return { value, at: read + 1 }
  }
}

/** The object that a delta makes of its base. Throws {@link BadPack}. Source: git, gitformat-pack(5). */
export const apply = (base: Uint8Array, delta: Uint8Array, largest: number): Buffer => {
  const from = size(delta, 0)
  if (from.value !== base.length) throw new BadPack('a delta is of another base')
  const to = size(delta, from.at)
  if (to.value > largest)
    throw new BadPack(`a delta makes ${to.value} bytes, more than the ${largest} that are accepted`)
  const result = Buffer.allocUnsafe(to.value)
  let done = 0
  for (let at = to.at; at < delta.length; ) {
    const { source, offset, length, next } = instruction(base, delta, at)
    if (offset + length > source.length || done + length > result.length) throw new BadPack('a delta runs over its end')
    result.set(source.subarray(offset, offset + length), done)
    done += length
    at = next
  }
  if (done !== result.length) throw new BadPack('a delta makes less than it says')
  return result
}

type Step = { source: Uint8Array; offset: number; length: number; next: number }

/** Copies from the base (bit 7 set: the other bits say which bytes of offset and length follow), or from the delta. */
const instruction = (base: Uint8Array, delta: Uint8Array, at: number): Step => {
  const code = delta[at] as number
  if (code === 0) throw new BadPack('a delta holds an instruction that does not exist')
  if (code < 128) return { source: delta, offset: at + 1, length: code, next: at + 1 + code }
  let next = at + 1
  const number = (bits: number, first: number): number => {
    let value = 0
    for (let i = 0; i < bits; i++) if (code & (first << i)) value += (delta[next++] ?? ended()) * 2 ** (8 * i)
    return value
  }
  const offset = number(4, 1)
  const length = number(3, 16) || 0x10000
  return { source: base, offset, length, next }
}

const ended = (): never => {
  throw new BadPack('a delta ends in the middle of an instruction')
}
