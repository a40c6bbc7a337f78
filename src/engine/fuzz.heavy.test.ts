import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { DehugError, EngineRequest } from '../core/index.ts'
import { Engine } from './index.ts'
import { fixtureDir, modelWith, removeModels } from './testing/hostile-models.ts'

const runs = 40
const limits = { loadTimeoutMs: 20_000, requestTimeoutMs: 10_000, abortGraceMs: 500, memoryBytes: 2 ** 30 }
const requests = {
  'dehug-tiny-chat': EngineRequest.parse({
    task: 'text-generation',
    messages: [{ role: 'user', content: 'Hi' }],
    maxTokens: 8,
  }),
  'dehug-embed': EngineRequest.parse({ task: 'feature-extraction', inputs: ['hello'] }),
  'dehug-vision': undefined,
}

/** Some bytes of a file changed, or its end cut off. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
    minLength: 1,
    maxLength: 20,
  }),
  keep: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
})

afterAll(removeModels)

describe('damaged models', () => {
  test.for([
    ['dehug-embed', 'onnx/model.onnx', 4000],
    ['dehug-embed', 'tokenizer.json', 4000],
    ['dehug-tiny-chat', 'tokenizer_config.json', 589],
    ['dehug-tiny-chat', 'config.json', 548],
    ['dehug-tiny-chat', 'onnx/model.onnx', 20_000],
  ] as const)(
    'error: any damage to %s %s gives an answer or a typed error',
    { timeout: 600_000 },
    async ([fixture, file, head]) => {
      const original = await readFile(path.join(fixtureDir(fixture), file))
      await fc.assert(
        fc.asyncProperty(damage, async ({ changes, keep }) => {
          const bytes = Buffer.from(original.subarray(0, Math.ceil(original.length * keep)))
          // The start of a file holds its structure, where damage does most.
          for (const [at, value] of changes) bytes[Math.floor(at * Math.min(head, bytes.length))] = value
          const dir = await modelWith(fixture, { [file]: bytes })
          try {
            await using engine = await Engine.start({ dir, limits })
            const { answer } = await engine.run(requests[fixture])
            expect(['text', 'embeddings']).toContain(answer.kind)
          } catch (error) {
            expect(error).toBeInstanceOf(DehugError)
          }
        }),
        { numRuns: runs },
      )
    },
  )
})
