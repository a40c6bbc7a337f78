import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, NullEngine } from '../engine/index.ts'
import { startTestNetwork, type TestNetwork } from './testing.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')
const expected = (name: string) => JSON.parse(readFileSync(join(fixtures, name, 'EXPECTED.json'), 'utf8'))
const names = ['dehug-tiny-chat', 'dehug-embed', 'dehug-langid', 'dehug-vision']
const prices = { in: '1', out: '2', call: '0.0001' }

let network: TestNetwork
let url: string
let apiKey: string
let openai: OpenAI

beforeAll(async () => {
  network = await startTestNetwork()
  for (const name of names) await network.publish(name)
  await network.worker(names.map((name) => ({ model: `dehug/${name}`, prices, maxIn: 1_000_000, maxOut: 64 })))
  ;({ url } = await network.gateway())
  const session = network.session('alice')
  apiKey = session.apiKey
  await post('/v1/sessions', JSON.stringify(session.body))
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
})

afterAll(async () => {
  await network?.stop()
})

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, type: string | null = 'application/json') =>
  fetch(url + path, {
    ...{ method: 'POST', body },
    headers: { authorization: `Bearer ${apiKey}`, ...(type ? { 'content-type': type } : {}) },
  })
const ask = async (name: string, body: object) => (await post(`/models/dehug/${name}`, JSON.stringify(body))).json()

describe('the fixture models answer as their oracle says', () => {
  it('behavior: chat, greedy, whole and streamed', async () => {
    const [sample] = expected('dehug-tiny-chat').samples
    const body = {
      ...{ model: 'dehug/dehug-tiny-chat', messages: [{ role: 'user' as const, content: sample.prompt }] },
      ...{ max_tokens: 24, temperature: 0 },
    }
    const whole = await openai.chat.completions.create(body)
    expect(whole.choices[0]?.message.content).toBe(sample.text)
    expect(whole.choices[0]?.finish_reason).toBe('length')
    expect(whole.usage).toMatchObject({ prompt_tokens: sample.prompt_ids.length, completion_tokens: 24 })
    let text = ''
    for await (const chunk of await openai.chat.completions.create({ ...body, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe(sample.text)
  })

  it('behavior: embeddings, as numbers and as base64', async () => {
    const { example } = expected('dehug-embed')
    const model = 'dehug/dehug-embed'
    // The client asks for base64 by itself and decodes it.
    const { data, usage } = await openai.embeddings.create({ model, input: example.text })
    expect(usage.prompt_tokens).toBe(example.input_ids.length)
    const floats = await openai.embeddings.create({ model, input: [example.text, 'other'], encoding_format: 'float' })
    expect(floats.data[0]?.embedding.length).toBe(64)
    for (const [i, value] of example.first_8_values.entries()) {
      expect(data[0]?.embedding[i]).toBeCloseTo(value, 3)
      expect(floats.data[0]?.embedding[i]).toBeCloseTo(value, 3)
    }
    expect(floats.data.map(({ index }) => index)).toEqual([0, 1])
  })

  it('behavior: Hugging Face shapes', async () => {
    const [text] = expected('dehug-langid').samples
    const [[best]] = (await ask('dehug-langid', { inputs: text.text })) as [[{ label: string; score: number }]]
    expect(best).toMatchObject({ label: text.label })
    const two = await ask('dehug-langid', { inputs: [text.text, text.text], parameters: { top_k: 1 } })
    expect(two).toMatchObject([[{ label: text.label }], [{ label: text.label }]])

    const vectors = (await ask('dehug-embed', { inputs: expected('dehug-embed').example.text })) as number[][]
    expect(vectors[0]?.[0]).toBeCloseTo(expected('dehug-embed').example.first_8_values[0], 3)

    const [picture] = expected('dehug-vision').samples
    const bytes = new Uint8Array(readFileSync(join(fixtures, 'dehug-vision', picture.file)))
    for (const type of ['image/png', null]) {
      const labels = (await (await post('/models/dehug/dehug-vision', bytes, type)).json()) as {
        label: string
        score: number
      }[]
      expect(labels[0]?.label).toBe(picture.label)
      expect(labels[0]?.score).toBeCloseTo(picture.score, 1)
    }
    const inputs = Buffer.from(bytes).toString('base64')
    expect(await ask('dehug-vision', { inputs, parameters: { top_k: 1 } })).toMatchObject([{ label: picture.label }])

    const [chat] = expected('dehug-tiny-chat').samples
    const generation = { inputs: chat.templated, parameters: { max_new_tokens: 24 } }
    expect(await ask('dehug-tiny-chat', generation)).toEqual([{ generated_text: chat.text }])
    const details = await ask('dehug-tiny-chat', { ...generation, parameters: { max_new_tokens: 24, details: true } })
    expect(details).toMatchObject({
      generated_text: chat.text,
      details: { finish_reason: 'length', generated_tokens: 24 },
    })
    const stream = await (
      await post('/models/dehug/dehug-tiny-chat', JSON.stringify({ ...generation, stream: true }))
    ).text()
    const events = stream.split('\n\n').filter((event) => event.startsWith('data:'))
    const pieces = events.map((event) => JSON.parse(event.slice(5)))
    expect(pieces.map(({ token }) => token.text).join('')).toBe(chat.text)
    expect(pieces.at(-1)).toMatchObject({ generated_text: chat.text, details: { generated_tokens: 24 } })
  })

  it('behavior: how close a sentence is to others, and the pipelines of a model', async () => {
    const { a, b, cosine_fp32 } = expected('dehug-embed').pairs[0]
    const body = JSON.stringify({ inputs: { source_sentence: a, sentences: [b, a] } })
    for (const path of ['/models/dehug/dehug-embed', '/models/dehug/dehug-embed/pipeline/sentence-similarity']) {
      const [other, same] = (await (await post(path, body)).json()) as number[]
      expect(other).toBeCloseTo(cosine_fp32, 2)
      expect(same).toBeCloseTo(1, 5)
    }
    const extraction = '/models/dehug/dehug-embed/pipeline/feature-extraction'
    const vectors = (await (await post(extraction, JSON.stringify({ inputs: [a] }))).json()) as number[][]
    expect(vectors[0]?.length).toBeGreaterThan(8)
    const wrong = await post('/models/dehug/dehug-embed/pipeline/text-generation', JSON.stringify({ inputs: 'x' }))
    expect({ status: wrong.status, body: await wrong.json() }).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('The task of dehug/dehug-embed is feature-extraction.') },
    })
    const chat = await post('/models/dehug/dehug-tiny-chat', body)
    expect(chat.status).toBe(400)
  })

  it('behavior: chat below the address of a model', async () => {
    const [sample] = expected('dehug-tiny-chat').samples
    const below = new OpenAI({ baseURL: `${url}/models/dehug/dehug-tiny-chat/v1`, apiKey, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: sample.prompt }]
    const answer = await below.chat.completions.create({ model: 'dummy', messages, max_tokens: 24, temperature: 0 })
    expect(answer.choices[0]?.message.content).toBe(sample.text)
  })

  it('error: Hugging Face errors are one sentence', async () => {
    const unknown = await post('/models/nobody/nothing', '{"inputs":"x"}')
    expect({ status: unknown.status, body: await unknown.json() }).toMatchObject({
      ...{ status: 404, body: { error: expect.stringContaining('nobody/nothing') } },
    })
    const wrong = await post('/models/dehug/dehug-vision', new Uint8Array([1, 2, 3]), 'image/png')
    expect({ status: wrong.status, body: await wrong.json() }).toMatchObject({
      status: 400,
      body: { error: expect.any(String) },
    })
  })
})

describe('two providers', () => {
  it('behavior: the cheaper one is asked first, and the other one where it fails, for one charge', async () => {
    let isBroken = false
    const engine = (text: string): Engine => {
      const honest = NullEngine.create({ text, unitsIn: 7, unitsOut: 4 })
      return {
        ...honest,
        idleSince: 0,
        run: async (request, options) => {
          if (isBroken && text === 'cheap') throw new Error('broken')
          return honest.run(request, options)
        },
      }
    }
    await network.publish('twice', 'dehug-tiny-chat')
    const served = (call: string) => [{ model: 'dehug/twice', prices: { ...prices, call }, maxIn: 2048, maxOut: 64 }]
    const cheap = await network.worker(served('0.0001'), () => engine('cheap'), 'node-2')
    await network.worker(served('0.0005'), () => engine('dear'), 'auditor')
    const { url: gateway, gateway: inside } = await network.gateway()
    await inside.providers.refresh()
    const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'x' }]
    const run = async () => {
      const { data, response } = await client.chat.completions
        .create({ model: 'dehug/twice', messages, max_tokens: 16 })
        .withResponse()
      return { text: data.choices[0]?.message.content, fee: response.headers.get('x-dehug-fee') }
    }
    expect(await run()).toEqual({ text: 'cheap', fee: '115' })
    isBroken = true
    expect(await run()).toEqual({ text: 'dear', fee: '515' })
    isBroken = false
    await cheap[Symbol.asyncDispose]()
    expect(await run()).toEqual({ text: 'dear', fee: '515' })
  })
})
