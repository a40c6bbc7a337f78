import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadInput, EngineRequest } from '../core/index.ts'
import * as HuggingFace from './huggingface.ts'
import * as OpenAi from './openai.ts'

const chat = { model: 'ns/name', messages: [{ role: 'user', content: 'hi' }] }

describe('OpenAI bodies', () => {
  it('behavior: parts of text are joined, developer is system, and echoed answers are accepted', () => {
    const { messages } = OpenAi.parse('chat', {
      ...chat,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'assistant', content: 'c', refusal: null, tool_calls: [], annotations: [] },
      ],
    })
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: 'c' },
    ])
  })

  it('behavior: values that change nothing are accepted', () => {
    const harmless = {
      ...{ n: 1, user: 'me', metadata: { a: 'b' }, store: false, logprobs: false, tools: [], tool_choice: 'auto' },
      ...{
        response_format: { type: 'text' },
        presence_penalty: 0,
        logit_bias: {},
        service_tier: 'auto',
        modalities: ['text'],
      },
      ...{ stop: 'END', audio: null, parallel_tool_calls: true, top_p: null },
    }
    expect(OpenAi.parse('chat', { ...chat, ...harmless })).toMatchObject({ stop: ['END'] })
  })

  it.each([
    [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
    [{ role: 'tool', content: 'x', tool_call_id: '1' }],
    [{ role: 'user', name: 'bob', content: 'x' }],
  ])('error: a message that cannot be kept whole: %j', (message) => {
    expect(() => OpenAi.parse('chat', { ...chat, messages: [message] })).toThrow(BadInput)
  })

  it('error: several prompts, or token numbers', () => {
    for (const prompt of [['a', 'b'], [1, 2, 3], [[1]], null]) {
      expect(() => OpenAi.parse('completion', { model: 'a/b', prompt })).toThrow(BadInput)
    }
    for (const input of [[1, 2], [[1]], [], null]) {
      expect(() => OpenAi.parse('embedding', { model: 'a/b', input })).toThrow(BadInput)
    }
    expect(() => OpenAi.parse('embedding', { model: 'a/b', input: 'x', dimensions: 8 })).toThrow(
      'The parameter "dimensions" is not supported with this value.',
    )
  })

  it('error: nothing that comes in breaks out as anything but BadInput', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constant('__proto__'), fc.constant({ constructor: 1 }))
    const known = fc.constantFrom(
      'messages',
      'n',
      'tools',
      'stream',
      'stop',
      'response_format',
      'constructor',
      '__proto__',
    )
    fc.assert(
      fc.property(
        fc.constantFrom('chat', 'completion', 'embedding'),
        fc.dictionary(fc.oneof(known, fc.string()), value),
        (kind, extra) => {
          try {
            OpenAi.parse(kind as 'chat', { ...chat, ...extra })
          } catch (error) {
            expect(error).toBeInstanceOf(BadInput)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('Hugging Face bodies', () => {
  it('behavior: each task is read as its clients write it', () => {
    expect(HuggingFace.parseHf('text-classification', { inputs: 'x', parameters: { top_k: 2 } }).request).toEqual({
      ...{ task: 'text-classification', inputs: ['x'], topK: 2 },
    })
    expect(HuggingFace.parseHf('feature-extraction', { inputs: ['a', 'b'], parameters: {} }).request).toEqual({
      ...{ task: 'feature-extraction', inputs: ['a', 'b'] },
    })
    expect(HuggingFace.parseHf('image-classification', new Uint8Array([1, 2, 3])).request).toEqual({
      ...{ task: 'image-classification', images: ['AQID'] },
    })
    const generation = {
      inputs: 'Once',
      parameters: { max_new_tokens: 5, return_full_text: true, watermark: false, best_of: null },
    }
    expect(HuggingFace.parseHf('text-generation', generation)).toEqual({
      request: EngineRequest.parse({ task: 'text-generation', prompt: 'Once', maxTokens: 5 }),
      ...{ stream: false, returnFullText: true, details: false, similarity: false },
    })
  })

  it('error: parameters that are not offered are named', () => {
    const ask = (parameters: object) => () => HuggingFace.parseHf('text-generation', { inputs: 'x', parameters })
    expect(ask({ repetition_penalty: 1.2 })).toThrow(
      'The parameter "repetition_penalty" is not supported with this value.',
    )
    expect(ask({ anything: 1 })).toThrow('The parameter "anything"')
    expect(() => HuggingFace.parseHf('text-classification', new Uint8Array())).toThrow(
      'This model takes JSON, not bytes.',
    )
  })

  it('error: nothing that comes in breaks out as anything but BadInput', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...EngineRequest.tasks),
        fc.oneof(
          fc.jsonValue(),
          fc.record({ inputs: fc.jsonValue(), parameters: fc.dictionary(fc.string(), fc.jsonValue()) }),
        ),
        (task, body) => {
          try {
            HuggingFace.parseHf(task, body)
          } catch (error) {
            expect(error).toBeInstanceOf(BadInput)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
