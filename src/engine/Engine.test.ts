import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EngineRequest } from '../core/index.ts'
import { Engine, EngineBusy, RequestRefused } from './index.ts'
import { fixtureDir } from './testing/hostile-models.ts'

// The fixtures' own answers, given by other engines, are what ours are held against.
// biome-ignore lint/suspicious/noExplicitAny: the shape differs from model to model
const expected = (name: string): any => JSON.parse(readFileSync(path.join(fixtureDir(name), 'EXPECTED.json'), 'utf8'))

const chat = (content: string, more: object = {}) =>
  EngineRequest.parse({ task: 'text-generation', messages: [{ role: 'user', content }], maxTokens: 24, ...more })
const story = 'Tell me a story about a bear in the village.'

async function whole(engine: Engine, request: EngineRequest.EngineRequest): Promise<string> {
  const { answer } = await engine.run(request)
  return answer.kind === 'text' ? answer.text : ''
}

function vector(base64: string | undefined): Float32Array {
  const bytes = Buffer.from(base64 ?? '', 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}

describe('text generation', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.start({ dir: fixtureDir('dehug-tiny-chat') })
  })
  afterAll(() => engine.close())

  test('behavior: says what it is', () => {
    expect(engine.info).toMatchObject({
      task: 'text-generation',
      engine: '0xdafaab488d8f7ea8a7184484671298310ffbbc8225dbda996c327840c69feabb',
      name: 'transformers.js 4.3.1 fp32',
      contextLength: 512,
    })
  })

  test('behavior: greedy answers, token counts and endings are the fixture’s', async () => {
    for (const sample of expected('dehug-tiny-chat').samples) {
      const request = chat(sample.prompt)
      const { answer, units, finishReason } = await engine.run(request)
      // The story has a near tie, where another processor may choose the other word.
      if (sample.min_top2_gap < 0.1) continue
      const ended = sample.ids.at(-1) === 4
      expect(answer).toEqual({ kind: 'text', text: sample.text, finishReason: ended ? 'stop' : 'length' })
      expect(finishReason).toBe(ended ? 'stop' : 'length')
      expect(units).toMatchObject({ in: sample.prompt_ids.length, out: sample.ids.length })
      expect(await engine.count(request)).toBe(sample.prompt_ids.length)
    }
  })

  test('behavior: a stream is the answer, piece by piece as tokens come', async () => {
    const pieces: string[] = []
    const counts: number[] = []
    const { answer, units } = await engine.run(chat(story, { maxTokens: 80 }), {
      onText: (delta, unitsOut) => {
        pieces.push(delta)
        counts.push(unitsOut)
      },
    })
    expect(answer).toMatchObject({ text: pieces.join('') })
    expect(pieces.length).toBeGreaterThan(60)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(counts.at(-1)).toBeLessThanOrEqual(units.out)
  })

  test('behavior: a prompt is continued without a chat template', async () => {
    const request = EngineRequest.parse({
      task: 'text-generation',
      prompt: '<|user|>What is DeHug?<|end|><|assistant|>',
      maxTokens: 24,
    })
    expect(await engine.count(request)).toBe(7)
    expect(await whole(engine, request)).toBe(expected('dehug-tiny-chat').samples[0].text)
  })

  test('behavior: text ends before a stop text', async () => {
    const { answer, finishReason } = await engine.run(chat('What is DeHug?', { stop: ['zzz', ' and data'] }))
    expect(answer).toEqual({ kind: 'text', text: 'DeHug is a decentralized hub for AI models', finishReason: 'stop' })
    expect(finishReason).toBe('stop')
  })

  test('behavior: sampling is repeatable by its seed, and no seed gives another text each time', async () => {
    const sampled = (more: object) =>
      whole(engine, chat(story, { maxTokens: 60, temperature: 1.2, topP: 0.95, ...more }))
    const [first, again, other, free, freeAgain] = await Promise.all([
      ...[sampled({ seed: 1 }), sampled({ seed: 1 }), sampled({ seed: 2 })],
      ...[sampled({}), sampled({})],
    ])
    expect(again).toBe(first)
    expect(other).not.toBe(first)
    expect(freeAgain).not.toBe(free)
    expect(await sampled({ seed: 1 })).toBe(first)
  })

  test('behavior: a top-p next to nothing is greedy', async () => {
    const greedy = await whole(engine, chat('What is DeHug?'))
    expect(await whole(engine, chat('What is DeHug?', { temperature: 1, topP: 1e-9, seed: 5 }))).toBe(greedy)
  })

  test('behavior: an abort stops within a token or two and keeps what was written', async () => {
    const controller = new AbortController()
    let seen = ''
    const { answer, units, finishReason } = await engine.run(chat(story, { maxTokens: 400, temperature: 2, seed: 3 }), {
      signal: controller.signal,
      onText: (delta, unitsOut) => {
        seen += delta
        if (unitsOut >= 5) controller.abort()
      },
    })
    expect(finishReason).toBe('abort')
    expect(answer).toEqual({ kind: 'text', text: seen, finishReason: 'abort' })
    expect(units.out).toBeLessThanOrEqual(12)
    expect(await whole(engine, chat('What is DeHug?'))).toContain('decentralized hub')
  })

  test('behavior: what was aborted before it began costs nothing', async () => {
    expect(await engine.run(chat(story), { signal: AbortSignal.abort() })).toEqual({
      answer: { kind: 'text', text: '', finishReason: 'abort' },
      units: { in: 0, out: 0, ms: 0 },
      finishReason: 'abort',
    })
  })

  test('behavior: the answer is cut where the context ends', async () => {
    const prompt = 'bear '.repeat(200)
    const request = EngineRequest.parse({ task: 'text-generation', prompt, maxTokens: 5000, temperature: 2, seed: 1 })
    const { units, finishReason } = await engine.run(request)
    expect(units.in + units.out).toBeLessThanOrEqual(512)
    expect(finishReason === 'length').toBe(units.in + units.out === 512)
  })

  test('behavior: a caller whose stream breaks gets its own error, and the engine goes on', async () => {
    const broken = engine.run(chat(story, { maxTokens: 300 }), {
      onText: () => {
        throw new Error('the socket is gone')
      },
    })
    await expect(broken).rejects.toThrow('the socket is gone')
    expect(await whole(engine, chat('What is DeHug?'))).toContain('decentralized hub')
  })

  test('error: a prompt beyond the context, another task', async () => {
    const long = engine.run(chat('bear '.repeat(600)))
    await expect(long).rejects.toThrow(RequestRefused)
    await expect(long).rejects.toThrow(
      /^The prompt has \d+ tokens; this model takes 512 tokens of prompt and answer together\.$/,
    )
    await expect(engine.run({ task: 'feature-extraction', inputs: ['x'] })).rejects.toThrow(
      'This model does text-generation, not feature-extraction.',
    )
  })
})

test('behavior: requests run side by side, wait in a bounded queue, and are turned away beyond it', async () => {
  await using engine = await Engine.start({ dir: fixtureDir('dehug-tiny-chat'), maxConcurrent: 2, maxQueue: 3 })
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => engine.run(chat('What is DeHug?'))))
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
  expect(failures.length).toBe(3)
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(EngineBusy)
    expect(failure.details.retryAfterMs).toBeGreaterThan(0)
  }
  for (const result of results) {
    if (result.status === 'fulfilled')
      expect(result.value.answer).toMatchObject({ text: expected('dehug-tiny-chat').samples[0].text })
  }
  expect(engine.load).toEqual({ active: 0, queued: 0 })
  expect(engine.idleSince).not.toBeNull()
})

test('behavior: 8-bit weights give the fixture’s answers under another engine id', async () => {
  await using engine = await Engine.start({ dir: fixtureDir('dehug-tiny-chat'), dtype: 'q8' })
  expect(engine.info.engine).not.toBe('0xdafaab488d8f7ea8a7184484671298310ffbbc8225dbda996c327840c69feabb')
  for (const sample of expected('dehug-tiny-chat').samples.slice(0, 5)) {
    expect(await whole(engine, chat(sample.prompt))).toBe(sample.text)
  }
})

describe('embeddings', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.start({ dir: fixtureDir('dehug-embed') })
  })
  afterAll(() => engine.close())

  const embed = async (inputs: string[]) => {
    const { answer } = await engine.run({ task: 'feature-extraction', inputs })
    return answer.kind === 'embeddings' ? answer.vectors.map(vector) : []
  }
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)

  test('behavior: vectors, lengths and cosines are the fixture’s, batched or alone', async () => {
    const { example, pairs, cosine_tolerance, dimension } = expected('dehug-embed')
    const [first] = await embed([example.text])
    expect(first?.length).toBe(dimension)
    example.first_8_values.forEach((value: number, i: number) => {
      expect(first?.[i]).toBeCloseTo(value, 4)
    })
    expect(cosine(first as Float32Array, first as Float32Array)).toBeCloseTo(1, 5)
    const batch = await embed(pairs.flatMap(({ a, b }: { a: string; b: string }) => [a, b]))
    for (const [i, pair] of pairs.entries()) {
      const found = cosine(batch[2 * i] as Float32Array, batch[2 * i + 1] as Float32Array)
      expect(Math.abs(found - pair.cosine_fp32)).toBeLessThanOrEqual(cosine_tolerance)
    }
    expect(
      Math.max(...(batch[0] as Float32Array).map((value, i) => Math.abs(value - (first?.[i] as number)))),
    ).toBeLessThan(1e-6)
  })

  test('behavior: search finds what the fixture’s does', async () => {
    const { documents, queries, top1_hits_fp32 } = expected('dehug-embed').search
    const names = Object.keys(documents)
    const found = await embed(Object.values(documents))
    const asked = await embed(queries.map(({ query }: { query: string }) => query))
    const hits = queries.filter(({ wanted }: { wanted: string }, i: number) => {
      const scores = found.map((each) => cosine(each, asked[i] as Float32Array))
      return names[scores.indexOf(Math.max(...scores))] === wanted
    })
    expect(hits.length).toBe(top1_hits_fp32)
  })

  test('behavior: units are the tokens of all inputs; requests that come together do not mix', async () => {
    const { example } = expected('dehug-embed')
    const one = await engine.run({ task: 'feature-extraction', inputs: [example.text] })
    expect(one.units).toMatchObject({ in: example.input_ids.length, out: 0 })
    const texts = Array.from({ length: 40 }, (_, i) => 'bank '.repeat(i + 1))
    const together = await Promise.all(texts.map(async (text) => (await embed([text]))[0]))
    const alone = await embed(texts)
    expect(together).toEqual(alone)
    expect(await engine.count({ task: 'feature-extraction', inputs: ['bank '.repeat(5000)] })).toBe(512)
  })

  test('error: more text than fits into one message', async () => {
    const huge = {
      task: 'feature-extraction' as const,
      inputs: Array.from({ length: 70 }, () => 'x'.repeat(1_000_000)),
    }
    await expect(engine.run(huge)).rejects.toThrow(/^The request is too large: /)
    await expect(engine.count(huge)).rejects.toBeInstanceOf(RequestRefused)
    expect((await embed(['x'])).length).toBe(1)
  })

  test('behavior: an aborted batch has no vectors', async () => {
    const controller = new AbortController()
    const running = engine.run(
      { task: 'feature-extraction', inputs: Array.from({ length: 256 }, () => 'war and peace '.repeat(150)) },
      { signal: controller.signal },
    )
    controller.abort()
    expect(await running).toMatchObject({ answer: { kind: 'embeddings', vectors: [] }, finishReason: 'abort' })
  })
})

test('behavior: text labels, scores and token counts are the fixture’s', async () => {
  await using engine = await Engine.start({ dir: fixtureDir('dehug-langid') })
  const { samples, score_tolerance } = expected('dehug-langid')
  const request = {
    task: 'text-classification' as const,
    inputs: samples.map(({ text }: { text: string }) => text),
    topK: 2,
  }
  const { answer, units } = await engine.run(request)
  if (answer.kind !== 'labels') throw new Error('expected labels')
  samples.forEach((sample: { label: string; score: number }, i: number) => {
    expect(answer.labels[i]?.[0]?.label).toBe(sample.label)
    expect(Math.abs((answer.labels[i]?.[0]?.score ?? 0) - sample.score)).toBeLessThanOrEqual(score_tolerance.fp32)
    expect(answer.labels[i]?.length).toBe(2)
  })
  const tokens = samples.reduce((sum: number, { input_ids }: { input_ids: number[] }) => sum + input_ids.length, 0)
  expect(units).toMatchObject({ in: tokens, out: 0 })
  expect(await engine.count(request)).toBe(tokens)
})

describe('image classification', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.start({ dir: fixtureDir('dehug-vision') })
  })
  afterAll(() => engine.close())

  const picture = (file: string) => readFileSync(path.join(fixtureDir('dehug-vision'), file)).toString('base64')
  const classify = (images: string[]) => engine.run({ task: 'image-classification', images })

  test('behavior: labels and scores are the fixture’s', async () => {
    const { samples, score_tolerance } = expected('dehug-vision')
    const { answer, units } = await classify(samples.map(({ file }: { file: string }) => picture(file)))
    if (answer.kind !== 'labels') throw new Error('expected labels')
    samples.forEach((sample: { label: string; score: number }, i: number) => {
      expect(answer.labels[i]?.[0]?.label).toBe(sample.label)
      expect(Math.abs((answer.labels[i]?.[0]?.score ?? 0) - sample.score)).toBeLessThanOrEqual(score_tolerance)
    })
    expect(units).toMatchObject({ in: 10, out: 0 })
  })

  test('error: what is no picture, a broken one, and one that unpacks to too much', async () => {
    const png = Buffer.from(picture('samples/7-seven.png'), 'base64')
    const huge = Buffer.from(png)
    huge.writeUInt32BE(100_000, 16)
    huge.writeUInt32BE(100_000, 20)
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')
    await expect(classify([svg])).rejects.toThrow('Image 0 is neither PNG nor JPEG.')
    await expect(classify([png.toString('base64'), png.subarray(0, 200).toString('base64')])).rejects.toThrow(
      /^Image 1 cannot be read: /,
    )
    await expect(classify([huge.toString('base64')])).rejects.toThrow(RequestRefused)
    expect((await classify([png.toString('base64')])).answer.kind).toBe('labels')
  })
})
