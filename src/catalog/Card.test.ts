import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Card from './Card.ts'

test('behavior: the front matter of a README', () => {
  const text = '---\nlicense: mit\ntags: [a, b]\ndate: 2024-01-01\n---\n# Title\n'
  expect(Card.fromReadme(text)).toEqual({ card: { license: 'mit', tags: ['a', 'b'], date: '2024-01-01' } })
  expect(Card.fromReadme('# no front matter')).toEqual({ card: {} })
  expect(Card.fromReadme('---\n- a\n---\n').problem).toBe('The metadata is not a YAML mapping.')
})

test('behavior: what a config.json and the files of a tokenizer say', () => {
  const tokenizer = JSON.stringify({ eos_token: { content: '</s>' }, chat_template: '{{ x }}', model_max_length: 5 })
  const special = JSON.stringify({ mask_token: '[MASK]', eos_token: 'other' })
  expect(Card.fromConfig('{"model_type":"bert","architectures":["BertModel"]}', { tokenizer, special })).toEqual({
    architectures: ['BertModel'],
    model_type: 'bert',
    tokenizer_config: { eos_token: '</s>', mask_token: '[MASK]', chat_template: '{{ x }}' },
  })
  const quantized = { model_type: 'llama', quantization_config: { quant_method: 'gptq', bits: 4, modules: ['x'] } }
  expect(Card.fromConfig(JSON.stringify(quantized))?.quantization_config).toEqual({ quant_method: 'gptq', bits: 4 })
  expect([Card.fromConfig('[]'), Card.fromConfig('')]).toEqual([null, null])
})

test('behavior: results of evaluations that name a data set, a task and a value', () => {
  const good = '- dataset: {id: a/b, task_id: x}\n  value: 20.9\n- dataset: {id: a/b}\n  value: 1\n- 5\n'
  expect(Card.evalResults(good)).toEqual([{ dataset: { id: 'a/b', task_id: 'x' }, value: 20.9 }])
  expect([Card.evalResults('a: ['), Card.evalResults('')]).toEqual([[], []])
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
      Card.fromReadme(`---\n${text}\n---\n`)
      Card.evalResults(text)
      Card.fromConfig(json, { tokenizer: json, special: text })
      expect(held(Card.fromReadme(`---\n${json}\n---\n`).card)).not.toMatch(/\\u0000|\\ud[89a-f]/)
    }),
  )
})
