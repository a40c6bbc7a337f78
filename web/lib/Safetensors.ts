/** One tensor as a file of weights lists it. */
export type Tensor = { name: string; dtype: string; shape: number[]; bytes: number | null }

/** What the head of a file of weights says. */
export type WeightFacts = { tensors: Tensor[]; metadata: [string, string][]; truncated: boolean }

const maxTensors = 20_000

/** Length of the JSON that follows the first 8 bytes; undefined where it cannot be one. Source: safetensors, README. */
export const headerLength = (first8: Uint8Array): number | undefined => {
  if (first8.length < 8) return undefined
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true)
  return length > 0n && length <= 100_000_000n ? Number(length) : undefined
}

/** Reads the header's JSON; undefined for what is none. */
export const parse = (text: string): WeightFacts | undefined => {
  const header = jsonObject(text)
  if (!header) return undefined
  const { __metadata__: meta, ...entries } = header
  const listed = Object.entries(entries)
  const tensors = listed.slice(0, maxTensors).flatMap(([name, entry]) => tensorOf(name, entry) ?? [])
  const metadata = typeof meta === 'object' && meta !== null ? Object.entries(meta) : []
  return {
    tensors,
    metadata: metadata.slice(0, 200).map(([key, value]) => [key, String(value).slice(0, 500)]),
    truncated: listed.length > maxTensors,
  }
}

const jsonObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const tensorOf = (name: string, entry: unknown): Tensor | undefined => {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets)) return undefined
  const [from = 0, to = 0] = offsets
  return { name, dtype, shape, bytes: Math.max(0, to - from) }
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 64 && value.every((item) => Number.isSafeInteger(item) && item >= 0)
