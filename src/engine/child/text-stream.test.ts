import { AutoTokenizer } from '@huggingface/transformers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { fixtureDir } from '../testing/hostile-models.ts'
import { importChild } from '../testing/import-child.ts'

const { TextStream } = await importChild('text-stream.mjs')
let encode: (text: string) => number[]
let decode: (ids: number[]) => string

beforeAll(async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(fixtureDir('dehug-tiny-chat'), { local_files_only: true })
  encode = (text) => tokenizer.encode(text, { add_special_tokens: false })
  decode = (ids) => tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })
})

function stream(ids: number[], stops: string[] = []): string[] {
  const text = new TextStream(decode, stops)
  const pieces: string[] = []
  for (const id of ids) {
    pieces.push(text.push(id))
    if (text.stopped) return pieces
  }
  return [...pieces, text.end()]
}

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'b', ' ', '\n'), fc.constantFrom('é', '語', '👩‍🚀', '\uFFFD')),
})

describe('TextStream', () => {
  test('behavior: a character of several tokens comes in one piece', () => {
    const ids = encode('👩')
    expect(ids.length).toBeGreaterThan(1)
    expect(stream(ids)).toEqual([...ids.slice(1).map(() => ''), '👩', ''])
  })

  test('behavior: the pieces are the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(text !== '')
        const ids = encode(text)
        expect(stream(ids).join('')).toBe(decode(ids))
      }),
      { numRuns: 2000 },
    )
  })

  test('behavior: text ends before the stop text that is complete first, and never gives out a part of one', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 1, maxLength: 4 })),
        (text, stops) => {
          fc.pre(text !== '')
          const ids = encode(text)
          const whole = decode(ids)
          const found = stops.map((stop) => ({ at: whole.indexOf(stop), end: whole.indexOf(stop) + stop.length }))
          const first = found.filter(({ at }) => at >= 0).sort((a, b) => a.end - b.end || a.at - b.at)[0]
          expect(stream(ids, stops).join('')).toBe(first ? whole.slice(0, first.at) : whole)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('behavior: an unfinished character at the end is shown as one that is missing', () => {
    expect(stream(encode('👩').slice(0, -1)).join('')).toBe('\uFFFD')
  })
})
