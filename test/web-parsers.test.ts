import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Gguf from '../web/lib/Gguf.ts'
import { listQuery } from '../web/lib/list-query.ts'
import { cellText, columnOf } from '../web/lib/preview-columns.ts'
import * as Safetensors from '../web/lib/Safetensors.ts'
import { trimTables } from '../web/lib/trim-tables.ts'

const gguf = (...parts: (number[] | string)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
const u32 = (value: number) => [...new Uint8Array(new Uint32Array([value]).buffer)]
const u64 = (value: number) => [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)]
const text = (value: string) => [...u64(value.length), ...Buffer.from(value)]

const small = gguf(
  ...['GGUF', u32(3), u64(1), u64(2)],
  ...[text('general.architecture'), u32(8), text('llama')],
  ...[text('tokenizer.ids'), u32(9), u32(4), u64(3), u32(7), u32(8), u32(9)],
  ...[text('blk.0.weight'), u32(2), u64(64), u64(32), u32(12), u64(0)],
)

describe('GGUF', () => {
  test('behavior: metadata and tensors are read, dimensions in the order people write them', () => {
    expect(Gguf.parse(small)).toEqual({
      metadata: [
        ['general.architecture', 'llama'],
        ['tokenizer.ids', '[7, 8, 9]'],
      ],
      tensors: [{ name: 'blk.0.weight', dtype: 'Q4_K', shape: [32, 64], bytes: null }],
      truncated: false,
    })
  })

  test('behavior: what is cut off is left out, and the answer says so', () => {
    expect(Gguf.parse(small.subarray(0, small.length - 4))).toMatchObject({ tensors: [], truncated: true })
  })

  test('behavior: other files are no GGUF', () =>
    expect(Gguf.parse(Buffer.from('PK\u0003\u0004 and more'))).toBe(undefined))

  test('error: no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(small.length), (noise, at) => {
        Gguf.parse(noise)
        Gguf.parse(Buffer.concat([small.subarray(0, at), noise]))
      }),
    )
  })
})

describe('safetensors', () => {
  test('behavior: tensors come with type, shape and size', () => {
    const header = { __metadata__: { format: 'pt' }, w: { dtype: 'F16', shape: [2, 3], data_offsets: [0, 12] } }
    expect(Safetensors.parse(JSON.stringify(header))).toEqual({
      tensors: [{ name: 'w', dtype: 'F16', shape: [2, 3], bytes: 12 }],
      metadata: [['format', 'pt']],
      truncated: false,
    })
  })

  test('error: no header makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.uint8Array({ maxLength: 16 }), (json, first) => {
        Safetensors.parse(json)
        Safetensors.headerLength(first)
      }),
    )
  })
})

describe('columns', () => {
  test('behavior: numbers have bounds as numbers', () => {
    const rows = ['10', '9', '', '9'].map((n) => ({ n }))
    expect(columnOf('n', rows)).toEqual({ name: 'n', type: 'number', empty: 1, min: '9', max: '10', distinct: 2 })
  })

  test('error: no value makes a cell throw or grow', () => {
    const value = fc.anything({ withBigInt: true, withDate: false, withTypedArray: true, withNullPrototype: true })
    fc.assert(
      fc.property(value, (anything) => {
        const shown = cellText(anything)
        expect(shown.length).toBeLessThanOrEqual(301)
      }),
    )
  })
})

describe('list pages', () => {
  test('behavior: a filter is set and taken back by its link', () => {
    const query = listQuery('model', { search: 'chat', task: ['text-generation'] })
    expect(query.toggle('license', 'mit')).toBe('/models?search=chat&task=text-generation&license=mit')
    expect(query.toggle('task', 'text-generation')).toBe('/models?search=chat')
    expect(query.api).toBe('/api/dehug/search?task=text-generation&q=chat&type=model&limit=30&facets=true')
  })
})

describe('long tables of a card', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => `| ${i} |`).join('\n')

  test('behavior: are cut, and the card says so', () => {
    const shown = trimTables(`# A\n\n| n |\n| --- |\n${rows(130)}\n\nafter`)
    expect(shown.match(/^\| \d+ \|$/gm)).toHaveLength(100)
    expect(shown).toContain('*The file has 30 more rows.*')
    expect(shown.endsWith('\n\nafter')).toBe(true)
  })

  test('behavior: code and short tables stay as they are', () => {
    const code = `\`\`\`\n${rows(130)}\n\`\`\`\n\n| n |\n| --- |\n${rows(3)}`
    expect(trimTables(code)).toBe(code)
  })
})
