import { open as openFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Gguf from './Gguf.ts'
import { HeaderRefused, type ReadRange } from './HeaderReader.ts'
import * as Onnx from './Onnx.ts'
import * as Safetensors from './Safetensors.ts'

const fixtures = join(import.meta.dirname, '../../../fixtures')
const parsers = { safetensors: Safetensors.parse, gguf: Gguf.parse, onnx: Onnx.parse }

const of = (bytes: Uint8Array): [ReadRange, number] => [async (start, end) => bytes.subarray(start, end), bytes.length]

const safetensors = (header: unknown, dataBytes: number): Buffer => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)])
}

/** A GGUF file without tensors but with these pairs, each already encoded. */
const gguf = (pairs: Buffer[], count = pairs.length): Buffer =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0n), u64(BigInt(count)), ...pairs])
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}
const pair = (key: string, type: number, value: Buffer): Buffer =>
  Buffer.concat([u64(BigInt(key.length)), Buffer.from(key), u32(type), value])

/** Reads a fixture piece by piece and counts the bytes. */
const fixture = async (path: string) => {
  const file = await openFile(join(fixtures, path))
  const { size } = await file.stat()
  const used = { bytes: 0 }
  const read: ReadRange = async (start, end) => {
    used.bytes += end - start
    return (await file.read(Buffer.alloc(end - start), 0, end - start, start)).buffer
  }
  return { read, size, used, close: () => file.close() }
}

test('behavior: the headers of real models say how many weights they have, and only headers are read', async () => {
  const weights = await fixture('dehug-tiny-chat/model.safetensors')
  const quantized = await fixture('dehug-tiny-chat/dehug-tiny-chat-q8_0.gguf')
  const graph = await fixture('dehug-langid/onnx/model.onnx')
  const counted = await Safetensors.parse(weights.read, weights.size)
  expect(Object.values(counted.parameters)).toEqual([counted.total])
  const { total, architecture, context_length } = await Gguf.parse(quantized.read, quantized.size)
  expect({ total, architecture, context_length }).toEqual({
    total: counted.total,
    architecture: 'llama',
    context_length: 512,
  })
  expect(await Onnx.parse(graph.read, graph.size)).toMatchObject({
    opset: expect.any(Number),
    irVersion: expect.any(Number),
  })
  expect(weights.used.bytes).toBeLessThan(600_000)
  expect(quantized.used.bytes).toBeLessThan(600_000)
  for (const file of [weights, quantized, graph]) await file.close()
})

test('behavior: weights are counted by number format, and together over shards', async () => {
  const header = {
    __metadata__: { format: 'pt' },
    a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    b: { dtype: 'F32', shape: [], data_offsets: [24, 28] },
    c: { dtype: 'BF16', shape: [0, 7], data_offsets: [28, 28] },
    d: { dtype: 'I8', shape: [4], data_offsets: [28, 32] },
  }
  const one = await Safetensors.parse(...of(safetensors(header, 32)))
  expect(one).toEqual({ parameters: { F32: 7, BF16: 0, I8: 4 }, total: 11 })
  expect(Safetensors.sum([one, one])).toEqual({ parameters: { F32: 14, BF16: 0, I8: 8 }, total: 22 })
  expect(
    Safetensors.shardsOf(Buffer.from('{"weight_map":{"a":"2.safetensors","b":"1.safetensors","c":"1.safetensors"}}')),
  ).toEqual(['1.safetensors', '2.safetensors'])
})

test('error: headers that lie about the file are refused', async () => {
  const tensor = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
  const bad = {
    'more data than there is': safetensors({ a: tensor }, 7),
    'shape and bytes differ': safetensors({ a: { ...tensor, shape: [3] } }, 8),
    'an unknown format': safetensors({ a: { ...tensor, dtype: '__proto__' } }, 8),
    'tensors over each other': safetensors({ a: tensor, b: tensor }, 8),
    'a huge shape': safetensors({ a: { ...tensor, shape: [2 ** 40, 2 ** 40] } }, 8),
    'a negative length': safetensors({ a: { ...tensor, shape: [-2] } }, 8),
    nesting: safetensors('['.repeat(100_000), 0),
    'a long header': Buffer.concat([u64(1n << 40n), Buffer.alloc(100)]),
    nothing: Buffer.alloc(0),
  }
  for (const [name, bytes] of Object.entries(bad)) {
    await expect(Safetensors.parse(...of(bytes)), name).rejects.toBeInstanceOf(HeaderRefused)
  }
})

test('error: a GGUF header that never ends is given up after a bounded number of bytes', async () => {
  const endless = (head: Buffer, filler: number): [ReadRange, number, { bytes: number }] => {
    const used = { bytes: 0 }
    const read: ReadRange = async (start, end) => {
      used.bytes += end - start
      const bytes = Buffer.alloc(end - start, filler)
      if (start < head.length) head.copy(bytes, 0, start)
      return bytes
    }
    return [read, 2 ** 45, used]
  }
  const strings = gguf([pair('tokenizer.ggml.tokens', 9, Buffer.concat([u32(8), u64(1n << 50n)]))], 2 ** 40)
  const [read, size, used] = endless(strings, 0)
  await expect(Gguf.parse(read, size)).rejects.toMatchObject({ message: 'The file has a header that is too large.' })
  expect(used.bytes).toBeLessThanOrEqual(Gguf.maxHeaderBytes)
  const huge = gguf([pair('x', 9, Buffer.concat([u32(10), u64(1n << 60n)]))])
  await expect(Gguf.parse(...of(huge))).rejects.toBeInstanceOf(HeaderRefused)
  const nested = gguf([pair('x', 9, Buffer.concat([u32(9), u64(1n)]))])
  await expect(Gguf.parse(...of(nested))).rejects.toMatchObject({ message: expect.stringContaining('unknown type 9') })
})

test('error: whatever the bytes are, reading them ends, and refuses or tells', async () => {
  const real = await Promise.all(
    [
      'dehug-tiny-chat/model.safetensors',
      'dehug-tiny-chat/dehug-tiny-chat-q8_0.gguf',
      'dehug-langid/onnx/model.onnx',
    ].map(async (path) => (await readFile(join(fixtures, path))).subarray(0, 60_000)),
  )
  const changed = fc
    .tuple(fc.constantFrom(...real), fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 8 }), fc.nat(60_000))
    .map(([bytes, edits, length]) => {
      const copy = Buffer.from(bytes.subarray(0, length))
      for (const [at, value] of edits) if (at < copy.length) copy[at] = value
      return copy
    })
  const magic = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('GGUF'), u32(3), bytes]))
  const json = fc.json().map((text) => safetensors(text, 16))
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, magic, json, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
      for (const parse of Object.values(parsers)) {
        await parse(...of(bytes)).catch((error) => expect(error).toBeInstanceOf(HeaderRefused))
      }
    }),
    { numRuns: 500 },
  )
})
