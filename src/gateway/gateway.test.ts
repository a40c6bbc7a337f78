import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { echoEngine, startTestNetwork, type TestNetwork } from './testing.ts'

const prices = { in: '1', out: '2', call: '0.0001' }

let network: TestNetwork
let url: string
let openai: OpenAI
let apiKey: string

beforeAll(async () => {
  network = await startTestNetwork()
  await network.publish('dehug-tiny-chat')
  await network.worker([{ model: 'dehug/dehug-tiny-chat', prices, maxIn: 2048, maxOut: 512 }], () => echoEngine())
  ;({ url } = await network.gateway())
  const session = network.session('alice')
  apiKey = session.apiKey
  const opened = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(session.body),
  })
  expect(await opened.json()).toMatchObject({ sessionId: session.sessionId, free: '10000000' })
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
})

afterAll(async () => {
  await network?.stop()
})

describe('chat completions with the unmodified OpenAI client', () => {
  it('behavior: answers in JSON with usage and a receipt', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model: 'dehug/dehug-tiny-chat', messages: [{ role: 'user', content: 'Say something' }], max_tokens: 16 })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('four words are written')
    expect(data.usage).toEqual({ prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 })
    // 7·1 + 4·2 + 100 a call
    expect(response.headers.get('x-dehug-fee')).toBe('115')
    const receipt = await fetch(response.headers.get('x-dehug-receipt') as string, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    expect(await receipt.json()).toMatchObject({ receipt: { fee: '115', spent: '115', seq: '1' } })
  })
})
