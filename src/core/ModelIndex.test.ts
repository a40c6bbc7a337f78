import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Json from './Json.ts'
import * as ModelIndex from './ModelIndex.ts'

const index = (...results: unknown[]) => ({ 'model-index': [{ name: 'mine', results }] })

test('behavior: task, data set, metric and value of each result, in the order of the card', () => {
  const glue = {
    task: { type: 'text-classification', name: 'Text Classification' },
    dataset: { name: 'GLUE', type: 'nyu-mll/glue', config: 'mrpc', split: 'validation' },
    metrics: [
      { type: 'accuracy', value: 0.875, name: 'Accuracy', verified: true, verifyToken: 'e30' },
      { type: 'f1', value: '0.91' },
    ],
  }
  const imdb = {
    task: { type: 'text-classification' },
    dataset: { name: 'IMDb', type: 'imdb', config: 'default' },
    metrics: [{ name: 'Accuracy', value: 93 }],
  }
  const dataset = 'nyu-mll/glue:mrpc[validation]'
  expect(ModelIndex.results(index(glue, imdb))).toEqual([
    { task: 'text-classification', dataset, metric: 'accuracy', value: 0.875 },
    { task: 'text-classification', dataset, metric: 'f1', value: 0.91 },
    { task: 'text-classification', dataset: 'imdb', metric: 'Accuracy', value: 93 },
  ])
})

test('behavior: what is incomplete, no number or stated again is left out', () => {
  const of = (metric: unknown, dataset: unknown = { type: 'd' }) => ({
    task: { type: 't' },
    dataset,
    metrics: [metric],
  })
  const bad = [
    ...[{ type: 'm' }, { type: 'm', value: 'good' }, { type: 'm', value: Number.NaN }, { type: 'm', value: null }],
    ...[
      { value: 1 },
      { type: '', value: 1 },
      { type: 'm', value: { x: 1 } },
      { type: 'm', value: '1e999' },
      { type: 'm', value: 2 ** 60 },
      7,
      null,
    ],
  ]
  const good = { task: 't', dataset: 'd', metric: 'm', value: 2 }
  const again = of({ type: 'm', value: 3 })
  expect(ModelIndex.results(index(...bad.map((metric) => of(metric)), of({ type: 'm', value: 2 }), again))).toEqual([
    good,
  ])
  expect(ModelIndex.results(index(of({ type: 'm', value: 1 }, null), of({ type: 'm', value: 1 }, {})))).toEqual([])
  for (const other of [undefined, null, 'x', 7, {}, [null], [{ results: 'x' }], [[[]]]])
    expect(ModelIndex.results({ 'model-index': other })).toEqual([])
})

test('behavior: texts are one clean line, and there are never more than 256 results', () => {
  const [first] = ModelIndex.results(
    index({
      task: { type: ' a\0b\n' },
      dataset: { type: `x${'y'.repeat(999)}` },
      metrics: [{ type: '\ud800', value: 1 }],
    }),
  )
  expect(first).toMatchObject({ task: 'a b', metric: '\ufffd', value: 1 })
  expect(first?.dataset).toHaveLength(200)
  const many = Array.from({ length: 300 }, (_, i) => ({
    task: { type: 't' },
    dataset: { type: `d${i}` },
    metrics: Array.from({ length: 300 }, (_, k) => ({ type: `m${k}`, value: k })),
  }))
  expect(ModelIndex.results(index(...many))).toHaveLength(ModelIndex.maxResults)
})

test('behavior: whatever a card holds, results have bounded texts and finite values', () => {
  const leaf = fc.oneof(fc.anything(), fc.constantFrom('results', 'type', 'value', 'metrics', 1, '0.5'))
  const object = fc.dictionary(fc.constantFrom('type', 'name', 'value', 'config', 'split', '__proto__'), leaf)
  const result = fc.record({
    task: fc.oneof(object, leaf),
    dataset: fc.oneof(object, leaf),
    metrics: fc.oneof(fc.array(object), leaf),
  })
  const model = fc.oneof(fc.record({ name: leaf, results: fc.oneof(fc.array(fc.oneof(result, leaf)), leaf) }), leaf)
  fc.assert(
    fc.property(fc.oneof(fc.array(model), leaf), (given) => {
      const found = ModelIndex.results({ 'model-index': given })
      for (const { task, dataset, metric } of found) {
        expect(Math.max(...[task, dataset, metric].map(({ length }) => length))).toBeLessThanOrEqual(200)
        expect(task + dataset + metric).not.toContain('\0')
      }
      // A manifest can hold them.
      expect(Json.parse(Json.canonical(found))).toEqual(found)
    }),
  )
})
