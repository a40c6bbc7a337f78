import { type HeaderReader, HeaderRefused, open, type ReadRange } from './HeaderReader.ts'

/** What an ONNX model says outside of its graph. */
export type Onnx = { opset?: number; irVersion?: number; producer?: string }

const budgetBytes = 8 * 2 ** 20
const maxFields = 10_000
const [varint, fixed64, delimited, fixed32] = [0, 1, 2, 5]

/**
 * Reads the outermost fields of a ModelProto and skips the graph, wherever it stands. Throws {@link HeaderRefused}.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
export const parse = async (read: ReadRange, size: number): Promise<Onnx> => {
  const reader = open(read, size, budgetBytes)
  const found: Onnx = {}
  let graphs = 0
  for (let fields = 0; reader.position() < size; fields++) {
    if (fields > maxFields) throw new HeaderRefused('has too many fields')
    const { field, wire } = await readKey(reader)
    if (field === 1 && wire === varint) found.irVersion = await readVarint(reader)
    else if (field === 2 && wire === delimited) await readProducer(reader, found)
    else if (field === 8 && wire === delimited) await readOpset(reader, found)
    else {
      if (field === 7) graphs += 1
      await skipField(reader, wire)
    }
  }
  if (graphs !== 1 || found.irVersion === undefined) throw new HeaderRefused('is no ONNX model')
  return found
}

const readKey = async (reader: HeaderReader): Promise<{ field: number; wire: number }> => {
  const key = await readVarint(reader)
  return { field: Math.floor(key / 8), wire: key % 8 }
}

const readVarint = async (reader: HeaderReader): Promise<number> => {
  let value = 0
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = await reader.u8()
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
  throw new HeaderRefused('has a number in its header that cannot be')
}

const skipField = async (reader: HeaderReader, wire: number): Promise<void> => {
  if (wire === varint) await readVarint(reader)
  else if (wire === delimited) reader.skip(await readVarint(reader))
  else if (wire === fixed64 || wire === fixed32) reader.skip(wire === fixed64 ? 8 : 4)
  else throw new HeaderRefused('is no protocol buffer')
}

const readProducer = async (reader: HeaderReader, found: Onnx): Promise<void> => {
  const length = await readVarint(reader)
  if (length > 128) return reader.skip(length)
  found.producer = (await reader.text(length)).replaceAll('\0', '').toWellFormed()
}

/** Only the version of the operators of ONNX itself counts, whose domain is empty. */
const readOpset = async (reader: HeaderReader, found: Onnx): Promise<void> => {
  const end = (await readVarint(reader)) + reader.position()
  let own = true
  let version: number | undefined
  while (reader.position() < end) {
    const { field, wire } = await readKey(reader)
    if (field === 1 && wire === delimited) {
      const domain = await reader.text(await readVarint(reader))
      own = domain === '' || domain === 'ai.onnx'
    } else if (field === 2 && wire === varint) version = await readVarint(reader)
    else await skipField(reader, wire)
  }
  if (own && version !== undefined) found.opset = version
}
