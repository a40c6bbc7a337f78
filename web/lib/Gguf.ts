import type { Tensor, WeightFacts } from './Safetensors.ts'

const magic = 0x46554747
const maxItems = 200_000
const maxShown = 20_000

/** Names of ggml's types, by number. Source: ggml, docs/gguf.md. */
const dtypes: Record<number, string> = {
  ...{ 0: 'F32', 1: 'F16', 2: 'Q4_0', 3: 'Q4_1', 6: 'Q5_0', 7: 'Q5_1', 8: 'Q8_0', 9: 'Q8_1', 10: 'Q2_K', 11: 'Q3_K' },
  ...{ 12: 'Q4_K', 13: 'Q5_K', 14: 'Q6_K', 15: 'Q8_K', 16: 'IQ2_XXS', 17: 'IQ2_XS', 18: 'IQ3_XXS', 19: 'IQ1_S' },
  ...{ 20: 'IQ4_NL', 21: 'IQ3_S', 22: 'IQ2_S', 23: 'IQ4_XS', 24: 'I8', 25: 'I16', 26: 'I32', 27: 'I64', 28: 'F64' },
  ...{ 29: 'IQ1_M', 30: 'BF16', 34: 'TQ1_0', 35: 'TQ2_0', 39: 'MXFP4' },
}

const sizes: Record<number, number> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }

/** More bytes are needed than were given. */
class Short extends Error {}

/**
 * Reads metadata and tensors from the beginning of a GGUF file (versions 2 and 3). What lies beyond the given bytes is
 * left out, and `truncated` says so; undefined for what is no GGUF file.
 */
export const parse = (bytes: Uint8Array): WeightFacts | undefined => {
  const read = reader(bytes)
  const facts: WeightFacts = { tensors: [], metadata: [], truncated: false }
  try {
    if (read.u32() !== magic || ![2, 3].includes(read.u32())) return undefined
    const [tensorCount, keyCount] = [read.u64(), read.u64()]
    for (let i = 0; i < Math.min(keyCount, maxItems); i++) {
      const key = read.text()
      const value = read.value(read.u32())
      if (facts.metadata.length < 200) facts.metadata.push([key, value])
    }
    for (let i = 0; i < Math.min(tensorCount, maxShown); i++) facts.tensors.push(readTensor(read))
    facts.truncated = tensorCount > maxShown
  } catch (error) {
    if (!(error instanceof Short)) throw error
    facts.truncated = true
  }
  return facts
}

const readTensor = (read: Reader): Tensor => {
  const name = read.text()
  const dimensions = read.u32()
  if (dimensions > 16) throw new Short()
  const shape = Array.from({ length: dimensions }, () => read.u64()).reverse()
  const type = read.u32()
  read.u64()
  return { name, dtype: dtypes[type] ?? `type ${type}`, shape, bytes: null }
}

type Reader = ReturnType<typeof reader>

const reader = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (count: number): number => {
    if (count > bytes.length - at) throw new Short()
    at += count
    return at - count
  }
  const u32 = () => view.getUint32(take(4), true)
  const u64 = () => {
    const value = view.getBigUint64(take(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Short()
    return Number(value)
  }
  const text = () => {
    const length = u64()
    const from = take(length)
    return new TextDecoder().decode(bytes.subarray(from, from + Math.min(length, 500)))
  }
  const number = (type: number): string => {
    const from = take(sizes[type] ?? 0)
    if (type === 0) return String(view.getUint8(from))
    if (type === 1) return String(view.getInt8(from))
    if (type === 2) return String(view.getUint16(from, true))
    if (type === 3) return String(view.getInt16(from, true))
    if (type === 4) return String(view.getUint32(from, true))
    if (type === 5) return String(view.getInt32(from, true))
    if (type === 6) return String(view.getFloat32(from, true))
    if (type === 7) return String(view.getUint8(from) === 1)
    if (type === 10) return String(view.getBigUint64(from, true))
    if (type === 11) return String(view.getBigInt64(from, true))
    return String(view.getFloat64(from, true))
  }
  const value = (type: number): string => {
    if (type === 8) return text()
    if (type === 9) return array(u32(), u64())
    if (!(type in sizes)) throw new Short()
    return number(type)
  }
  const array = (type: number, length: number): string => {
    if (type === 9 || length > 10_000_000) throw new Short()
    const shown: string[] = []
    for (let i = 0; i < length; i++) {
      const item = value(type)
      if (shown.length < 8) shown.push(item)
    }
    return `[${shown.join(', ')}${length > shown.length ? `, … ${length} in all` : ''}]`
  }
  return { u32, u64, text, value }
}
