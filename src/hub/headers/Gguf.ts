import { type HeaderReader, HeaderRefused, open, type ReadRange } from './HeaderReader.ts'

/** Facts under the names the Hub uses. */
export type Gguf = { total: number; architecture?: string; context_length?: number; chat_template?: string }

/** Vocabularies stand in the header: 300,000 tokens and their merges take about 12 MiB. */
export const maxHeaderBytes = 32 * 2 ** 20
const maxTemplate = 32 * 1024
const maxKey = 65_535
const maxDimensions = 8

/** Bytes of the scalar types, by their number. */
const widths: Record<number, number> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }
const uint32 = 4
const string = 8
const array = 9
const uint64 = 10

/**
 * Reads one file of GGUF version 2 or 3, little-endian. Throws {@link HeaderRefused}.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export const parse = async (read: ReadRange, size: number): Promise<Gguf> => {
  const reader = open(read, size, maxHeaderBytes)
  const magic = await reader.u32()
  const version = await reader.u32()
  if (magic !== 0x46554747 || (version !== 2 && version !== 3)) throw new HeaderRefused('is not GGUF 2 or 3')
  const tensors = await reader.u64()
  const pairs = await reader.u64()
  const metadata = new Map<string, string | number>()
  for (let i = 0; i < pairs; i++) await readPair(reader, metadata)
  let total = 0
  for (let i = 0; i < tensors; i++) total += await readTensor(reader)
  // No format spends less than a bit on a weight.
  if (total > size * 8) throw new HeaderRefused('says that it has more weights than fit into it')
  return { total, ...named(metadata) }
}

const named = (metadata: Map<string, string | number>): Omit<Gguf, 'total'> => {
  const architecture = metadata.get('general.architecture')
  const context = metadata.get(`${architecture}.context_length`)
  const template = metadata.get('tokenizer.chat_template')
  return {
    ...(typeof architecture === 'string' && /^[\w.-]{1,64}$/.test(architecture) ? { architecture } : {}),
    ...(typeof context === 'number' ? { context_length: context } : {}),
    ...(typeof template === 'string' ? { chat_template: template.replaceAll('\0', '').toWellFormed() } : {}),
  }
}

const wanted = (key: string): boolean =>
  key === 'general.architecture' || key === 'tokenizer.chat_template' || key.endsWith('.context_length')

const readPair = async (reader: HeaderReader, metadata: Map<string, string | number>): Promise<void> => {
  const length = await reader.u64()
  if (length > maxKey) throw new HeaderRefused('has a key in its header that is too long')
  const key = await reader.text(length)
  const type = await reader.u32()
  if (!wanted(key) || metadata.size >= 16) return skipValue(reader, type)
  if (type === uint32) metadata.set(key, await reader.u32())
  else if (type === uint64) metadata.set(key, await reader.u64())
  else if (type === string) await readText(reader, key, metadata)
  else await skipValue(reader, type)
}

const readText = async (reader: HeaderReader, key: string, metadata: Map<string, string | number>): Promise<void> => {
  const length = await reader.u64()
  if (length > maxTemplate) reader.skip(length)
  else metadata.set(key, await reader.text(length))
}

const skipValue = async (reader: HeaderReader, type: number): Promise<void> => {
  if (type === array) return skipArray(reader)
  if (type === string) return reader.skip(await reader.u64())
  reader.skip(widthOf(type))
}

const skipArray = async (reader: HeaderReader): Promise<void> => {
  const type = await reader.u32()
  const count = await reader.u64()
  if (type !== string) return reader.skip(count * widthOf(type))
  for (let i = 0; i < count; i++) reader.skip(await reader.u64())
}

const widthOf = (type: number): number => {
  const width = widths[type]
  if (width === undefined) throw new HeaderRefused(`has a value of the unknown type ${type} in its header`)
  return width
}

/** The number of weights of the next tensor. */
const readTensor = async (reader: HeaderReader): Promise<number> => {
  reader.skip(await reader.u64())
  const dimensions = await reader.u32()
  if (dimensions > maxDimensions) throw new HeaderRefused('has a tensor of too many dimensions')
  let count = 1
  for (let i = 0; i < dimensions; i++) count *= await reader.u64()
  if (!Number.isSafeInteger(count)) throw new HeaderRefused('has a tensor that is too large')
  reader.skip(4 + 8)
  return count
}
