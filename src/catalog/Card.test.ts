import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Card from './Card.ts'

test('behavior: the front matter of a README', () => {
  const text = '---\nlicense: mit\ntags: [a, b]\ndate: 2024-01-01\n---\n# Title\n'
  expect(Card.fromReadme(text)).toEqual({ card: { license: 'mit', tags: ['a', 'b'], date: '2024-01-01' } })
  expect(Card.fromReadme('# no front matter')).toEqual({ card: {} })
  expect(Card.fromReadme('---\n- a\n---\n').problem).toBe('The metadata is not a YAML mapping.')
})

test('behavior: labels of a model', () => {
  const card = { license: 'apache-2.0', language: ['en'], datasets: ['a/b'], pipeline_tag: 'text-generation' }
  expect(Card.labels(card, { model_type: 'llama' })).toEqual({
    tags: ['transformers', 'llama', 'text-generation', 'en', 'license:apache-2.0', 'dataset:a/b', 'language:en'],
    pipelineTag: 'text-generation',
    libraryName: 'transformers',
  })
})

test('error: hostile metadata neither throws nor holds what a database refuses', () => {
  const bomb = `---\n${['a: &a [x]', ...'bcdefghij'.split('').map((l, i) => `${l}: &${l} [${'*abcdefghi'[0]}${'abcdefghi'[i]},*${'abcdefghi'[i]}]`)].join('\n')}\n---\n`
  const hostile = [
    bomb,
    `---\na: ${'['.repeat(50_000)}\n---\n`,
    '---\n"\\0": "\\ud800"\n---\n',
    '---\na: .inf\nb: 1e999\n---\n',
  ]
  const held = (value: unknown) => JSON.stringify(value)
  for (const text of hostile) expect(held(Card.fromReadme(text).card)).not.toMatch(/\\u0000|\\ud800/)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.json({ maxDepth: 20 }), (text, json) => {
      Card.labels(Card.fromReadme(`---\n${text}\n---\n`).card, Card.fromConfig(json))
      expect(held(Card.fromReadme(`---\n${json}\n---\n`).card)).not.toMatch(/\\u0000|\\ud[89a-f]/)
    }),
  )
})
