import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Card from './Card.ts'
import * as Labels from './Labels.ts'

const llama = { architectures: ['LlamaForCausalLM'], model_type: 'llama' }

test('behavior: labels of a model come from its card, its config and its files', () => {
  const card = {
    ...{ license: 'apache-2.0', language: ['en', 'fr'], datasets: ['a/b'], tags: ['chat'] },
    ...{ base_model: 'meta/llama', 'model-index': [{ name: 'x' }] },
  }
  const config = { ...llama, tokenizer_config: { chat_template: '{{ x }}' } }
  const facts = { tags: ['safetensors', 'arxiv:2401.00001'] }
  expect(Labels.from({ type: 'model', card, config, facts })).toEqual({
    tags: [
      ...['transformers', 'safetensors', 'arxiv:2401.00001', 'llama', 'chat', 'text-generation', 'conversational'],
      ...['en', 'fr', 'dataset:a/b', 'base_model:meta/llama', 'base_model:finetune:meta/llama'],
      ...['license:apache-2.0', 'model-index', 'region:us'],
    ],
    pipelineTag: 'text-generation',
    libraryName: 'transformers',
  })
})

test('behavior: how a model was made from another', () => {
  const relation = (card: object, facts: object = {}, config: object | null = null) =>
    Labels.relationOf({ card: { base_model: 'a/b', ...card }, config: config as Card.Card | null, facts })
  expect([
    relation({}),
    relation({ base_model_relation: 'adapter' }),
    relation({ base_model_relation: 'nonsense' }),
    relation({ base_model: ['a/b', 'c/d'] }),
    relation({}, { library: 'peft' }),
    relation({}, { gguf: { total: 1 } }),
    relation({}, {}, { quantization_config: { quant_method: 'gptq' } }),
  ]).toEqual(['finetune', 'adapter', 'finetune', 'merge', 'adapter', 'quantized', 'quantized'])
})

test('behavior: labels of data sets and spaces', () => {
  const card = {
    language: 'en',
    license: 'mit',
    task_categories: ['question-answering'],
    size_categories: ['1K<n<10K'],
  }
  const facts = { tags: ['format:csv', 'library:datasets'] }
  expect(Labels.from({ type: 'dataset', card, config: null, facts }).tags).toEqual([
    ...['task_categories:question-answering', 'language:en', 'license:mit', 'size_categories:1K<n<10K'],
    ...['format:csv', 'library:datasets', 'region:us'],
  ])
  const space = { sdk: 'gradio', tags: ['game'], models: ['a/b'] }
  expect(Labels.from({ type: 'space', card: space, config: null, facts: {} }).tags).toEqual([
    'gradio',
    'game',
    'region:us',
  ])
})

test('behavior: what transformers would load', () => {
  const of = (architecture: string) => Labels.transformersInfo({ architectures: [architecture], model_type: 'x' })
  expect(of('BertForMaskedLM')).toEqual({
    auto_model: 'AutoModelForMaskedLM',
    pipeline_tag: 'fill-mask',
    processor: 'AutoTokenizer',
  })
  expect(of('BertModel')).toEqual({ auto_model: 'AutoModel', pipeline_tag: 'feature-extraction' })
  expect(of('GPT2LMHeadModel')?.pipeline_tag).toBe('text-generation')
  expect(of('SomethingElse')).toBeUndefined()
})

test('error: no card or config makes labels that cannot be', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.json({ maxDepth: 4 }), (card, config) => {
      for (const type of ['model', 'dataset', 'space'] as const) {
        const sources = {
          type,
          card: Card.fromReadme(`---\n${card}\n---\n`).card,
          config: Card.fromConfig(config),
          facts: {},
        }
        const { tags } = Labels.from(sources)
        expect(tags.length).toBeLessThanOrEqual(256)
        for (const tag of tags) expect(tag.length).toBeLessThanOrEqual(256)
      }
    }),
  )
})
