import 'server-only'
import { type FileOf, rangeOf } from './file.ts'
import * as Gguf from './Gguf.ts'
import * as Safetensors from './Safetensors.ts'

/** How much of a file is read to list its tensors. */
const maxHeader = 8_000_000

/** What the head of a file of weights says; undefined for other files. */
export const weightsOf = async (file: FileOf): Promise<Safetensors.WeightFacts | undefined> => {
  if (file.path.endsWith('.safetensors')) return ofSafetensors(file)
  if (file.path.endsWith('.gguf')) {
    const head = await rangeOf(file, 0, maxHeader)
    return head && Gguf.parse(head.bytes)
  }
  return undefined
}

const ofSafetensors = async (file: FileOf) => {
  const first = await rangeOf(file, 0, 8)
  const length = first && Safetensors.headerLength(first.bytes)
  if (length === undefined || length > maxHeader) return undefined
  const header = await rangeOf(file, 8, 8 + length)
  return header && Safetensors.parse(new TextDecoder().decode(header.bytes))
}
