import { HeaderRefused, open, type ReadRange } from './HeaderReader.ts'

/** Weights by number format. */
export type Safetensors = { parameters: Record<string, number>; total: number }

/** Longest header that is read; 100 MB are allowed, and a thousand tensors take about 100 kB. */
export const maxHeaderBytes = 8 * 2 ** 20

const bits: Record<string, number> = {
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6 },
  ...{ U16: 16, I16: 16, F16: 16, BF16: 16, U32: 32, I32: 32, F32: 32, U64: 64, I64: 64, F64: 64, C64: 64 },
}

/**
 * Counts the weights of one file. Throws {@link HeaderRefused} unless shapes, formats and offsets fit the file.
 * Source: https://huggingface.co/docs/safetensors/index#format
 */
export const parse = async (read: ReadRange, size: number): Promise<Safetensors> => {
  const reader = open(read, size, maxHeaderBytes + 2 ** 20)
  const length = await reader.u64()
  if (length > maxHeaderBytes) throw new HeaderRefused('has a header that is too large')
  const dataBytes = size - 8 - length
  const tensors = Object.entries(objectOf(await reader.bytes(length))).filter(([name]) => name !== '__metadata__')
  const parameters = new Map<string, number>()
  let used = 0
  for (const [, tensor] of tensors) {
    const { dtype, count, begin, end } = tensorOf(tensor)
    used += end - begin
    if (end > dataBytes || used > dataBytes) throw new HeaderRefused('has tensors outside of its data')
    parameters.set(dtype, (parameters.get(dtype) ?? 0) + count)
  }
  return sum([{ parameters: Object.fromEntries(parameters), total: 0 }])
}

/** The weights of several files together. Throws {@link HeaderRefused} where they cannot be counted. */
export const sum = (parts: Safetensors[]): Safetensors => {
  const parameters = new Map<string, number>()
  for (const part of parts) {
    for (const [dtype, count] of Object.entries(part.parameters)) {
      parameters.set(dtype, (parameters.get(dtype) ?? 0) + count)
    }
  }
  const total = [...parameters.values()].reduce((all, count) => all + count, 0)
  if (!Number.isSafeInteger(total)) throw new HeaderRefused('has more weights than can be counted')
  return { parameters: Object.fromEntries(parameters), total }
}

/** The files that `*.safetensors.index.json` names. Throws {@link HeaderRefused}. */
export const shardsOf = (index: Uint8Array): string[] => {
  const map = objectOf(index).weight_map
  if (typeof map !== 'object' || map === null) throw new HeaderRefused('has no weight_map')
  return [...new Set(Object.values(map))].filter((name): name is string => typeof name === 'string').sort()
}

const objectOf = (bytes: Uint8Array): Record<string, unknown> => {
  if (isDeep(bytes)) throw new HeaderRefused('has a header that is nested too deeply')
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw new HeaderRefused('has a header that is no JSON object')
}

const maxDepth = 8
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** A few bytes of nesting cost a hundred times their size once parsed. Brackets in names count too, which is no harm. */
const isDeep = (bytes: Uint8Array): boolean => {
  let depth = 0
  for (const byte of bytes) {
    if (byte === openList || byte === openObject) depth += 1
    else if (byte === closeList || byte === closeObject) depth -= 1
    if (depth > maxDepth) return true
  }
  return false
}

const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const tensorOf = (tensor: unknown): { dtype: string; count: number; begin: number; end: number } => {
  const { dtype, shape, data_offsets } = (tensor ?? {}) as Record<string, unknown>
  const [begin, end] = Array.isArray(data_offsets) ? data_offsets : []
  if (typeof dtype === 'string' && Object.hasOwn(bits, dtype) && Array.isArray(shape) && shape.every(whole)) {
    const count = (shape as number[]).reduce((all, length) => all * length, 1)
    const fits = whole(count) && whole(begin) && whole(end) && (end - begin) * 8 === count * (bits[dtype] as number)
    if (fits) return { dtype, count, begin, end }
  }
  throw new HeaderRefused('has a tensor whose shape, format and place do not fit')
}
