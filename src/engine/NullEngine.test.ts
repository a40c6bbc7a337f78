import { expect, test } from 'vitest'
import { EngineRequest } from '../core/index.ts'
import { EngineClosed, NullEngine } from './index.ts'

const request = EngineRequest.parse({ task: 'text-generation', prompt: 'x', maxTokens: 8 })

test('behavior: gives its text in pieces, with the units it was told', async () => {
  await using engine = NullEngine.create({ text: 'abcdef', unitsIn: 3, unitsOut: 6, pieces: 3 })
  const pieces: [string, number][] = []
  const result = await engine.run(request, { onText: (delta, unitsOut) => pieces.push([delta, unitsOut]) })
  expect(pieces).toEqual([
    ['ab', 2],
    ['cd', 4],
    ['ef', 6],
  ])
  expect(result).toEqual({
    answer: { kind: 'text', text: 'abcdef', finishReason: 'stop' },
    units: { in: 3, out: 6, ms: 0 },
    finishReason: 'stop',
  })
  expect(await engine.count(request)).toBe(3)
  expect(engine.info.name).toBe('null (benchmarks only)')
})

test('behavior: stops when aborted, and is closed for good', async () => {
  const engine = NullEngine.create({ text: 'abcdef', unitsIn: 3, unitsOut: 6, pieces: 6 })
  const controller = new AbortController()
  const result = await engine.run(request, { signal: controller.signal, onText: () => controller.abort() })
  expect(result).toMatchObject({ answer: { text: 'a' }, units: { out: 1 }, finishReason: 'abort' })
  await engine.close()
  expect(await engine.exited).toBeInstanceOf(EngineClosed)
  await expect(engine.run(request)).rejects.toBeInstanceOf(EngineClosed)
})
