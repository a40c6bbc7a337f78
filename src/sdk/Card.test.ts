import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DehugError } from '../core/index.ts'
import * as Card from './Card.ts'

test('behavior: license, task, library and ancestors are read from the front matter', () => {
  const readme = `---
license: apache-2.0
pipeline_tag: text-generation
library_name: transformers
base_model: [meta/Base, "free text that is no name"]
base_model_relation: quantized
datasets: squad/v2
model-index: [{name: mine, results: [{task: {type: qa}, dataset: {type: squad}, metrics: [{type: f1, value: 0.5}]}]}]
---
# A model
`
  expect(Card.parse(readme)).toEqual({
    license: 'apache-2.0',
    task: 'text-generation',
    libraryName: 'transformers',
    baseModels: [
      { repo: 'model:meta/base', relation: 'quantized' },
      { repo: 'dataset:squad/v2', relation: 'dataset' },
    ],
    evals: [{ task: 'qa', dataset: 'squad', metric: 'f1', value: 0.5 }],
  })
})

test('behavior: no front matter is an empty card', () => {
  for (const readme of ['', '# Title', '---\n---\n', 'text\n---\nlicense: mit\n---\n']) {
    expect(Card.parse(readme)).toEqual({
      ...{ license: undefined, task: undefined, libraryName: undefined },
      ...{ baseModels: [], evals: [] },
    })
  }
})

test('error: a license has to be named, and known', () => {
  const card = Card.parse('')
  expect(() => Card.licenseOf(card, {})).toThrowErrorMatchingInlineSnapshot(
    `[LicenseMissing: The repository does not say its license.]`,
  )
  expect(() => Card.licenseOf(card, { given: 'my-own' })).toThrowErrorMatchingInlineSnapshot(
    `[BadInput: "my-own" is not a known license.]`,
  )
  expect(Card.licenseOf(card, { given: 'mit' }).id).toBe('MIT')
})

test('error: broken YAML is a typed refusal; nothing else is ever thrown', () => {
  expect(() => Card.parse('---\nlicense: [\n---\n')).toThrow('The front matter of README.md is not YAML')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((yaml) => `---\n${yaml}\n---\n`),
      ),
      (readme) => {
        try {
          Card.parse(readme)
        } catch (error) {
          expect(error).toBeInstanceOf(DehugError)
        }
      },
    ),
    { numRuns: 500 },
  )
})
