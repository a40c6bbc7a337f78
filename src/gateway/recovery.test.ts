import { randomUUID } from 'node:crypto'
import OpenAI from 'openai'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, NullEngine } from '../engine/index.ts'
import { GatewayWire } from '../wire/index.ts'
import { startGatewayChild, startTestNetwork, type TestNetwork, until } from './testing.ts'

const model = 'dehug/dehug-tiny-chat'
const messages = [{ role: 'user' as const, content: 'Say something' }]
const words = 'one two three four five six seven eight nine ten'

/** What the engine does next. */
const play: { run?: Engine['run'] | undefined } = {}
const honest = NullEngine.create({ text: words, unitsIn: 7, unitsOut: 10, pieces: 10 })
const engine = (): Engine => ({
  ...honest,
  idleSince: 0,
  run: (request, options) => (play.run ?? honest.run)(request, options),
})

let network: TestNetwork

beforeAll(async () => {
  network = await startTestNetwork()
  await network.publish('dehug-tiny-chat')
  const prices = { in: '1', out: '2', call: '0.0001' }
  await network.worker([{ model, prices, maxIn: 2048, maxOut: 512 }], engine)
})

afterAll(async () => {
  await network?.stop()
})

async function client(amount = 1_000_000n, payer: 'alice' | 'bob' = 'alice') {
  const running = await network.gateway()
  const { url } = running
  const session = network.session(payer, { amount })
  await fetch(`${url}/v1/sessions`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(session.body) },
  })
  return { ...caller(url, session.apiKey), running, session }
}

function caller(url: string, apiKey: string) {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
  const get = async (path: string) =>
    (await fetch(url + path, { headers: { authorization: `Bearer ${apiKey}` } })).json() as Promise<unknown>
  return {
    ...{ url, openai, apiKey },
    ask: (key?: string) =>
      openai.chat.completions.create(
        { model, messages, max_tokens: 16 },
        key ? { headers: { 'idempotency-key': key } } : {},
      ),
    balance: async () => GatewayWire.Balance.parse(await get('/v1/balance')),
    receipts: async () => GatewayWire.Receipts.parse(await get('/v1/receipts')).receipts,
  }
}

const textOf = (completion: OpenAI.ChatCompletion) => completion.choices[0]?.message.content

describe('a gateway that lost its rows', () => {
  it('behavior: goes on where the provider proves it was, on the same channel', async () => {
    const { ask, session, running } = await client()
    await Promise.all([ask(), ask(), ask()])
    await running[Symbol.asyncDispose]()
    const database = new pg.Client({ connectionString: network.postgresUrl })
    await database.connect()
    await database.query('truncate gateway.jobs, gateway.channels, gateway.sessions, gateway.offers')
    await database.end()
    const again = caller((await network.gateway()).url, session.apiKey)
    expect(textOf(await again.ask())).toBe(words)
    const [receipt] = await again.receipts()
    expect(receipt).toMatchObject({ receipt: { seq: 4n, spent: 4n * 127n }, voucher: { n: 4n } })
    const { channels } = await again.balance()
    expect(channels).toMatchObject([{ lane: 0, spent: 4n * 127n }])
  })

  it('behavior: a key that was answered before is the same job to the provider, and costs nothing more', async () => {
    const { ask, session, running } = await client()
    const first = await ask('k')
    await running[Symbol.asyncDispose]()
    const database = new pg.Client({ connectionString: network.postgresUrl })
    await database.connect()
    await database.query('truncate gateway.jobs, gateway.channels, gateway.sessions, gateway.offers')
    await database.end()
    const again = caller((await network.gateway()).url, session.apiKey)
    expect((await again.ask('k')).id).toBe(first.id)
    expect((await again.balance()).spent).toBe(127n)
  })
})

describe('a gateway that is killed', () => {
  it('behavior: leaves nothing charged twice: its successor ends the job of a repeated key', async () => {
    const session = network.session('alice', { amount: 1_000_000n })
    const child = await startGatewayChild(network)
    const doomed = caller(child.url, session.apiKey)
    await fetch(`${child.url}/v1/sessions`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(session.body) },
    })
    expect(textOf(await doomed.ask())).toBe(words)
    const [before, during] = [randomUUID(), randomUUID()]
    const first = await doomed.ask(before)
    let started = false
    let finish = () => {}
    play.run = async (request, options) => {
      started = true
      await new Promise<void>((done) => {
        finish = done
      })
      return honest.run(request, options)
    }
    const lost = doomed.ask(during)
    lost.catch(() => {})
    await until(() => started)
    child.process.kill('SIGKILL')
    await expect(lost).rejects.toThrow()
    finish()
    play.run = undefined
    const next = caller((await network.gateway({ lanePatienceMs: 3000 })).url, session.apiKey)
    expect((await next.ask(before)).id).toBe(first.id)
    const [one, two] = await Promise.all([next.ask(during), next.ask(during)])
    expect(textOf(one)).toBe(words)
    expect(two.id).toBe(one.id)
    const { channels, spent } = await next.balance()
    expect(channels).toHaveLength(1)
    expect(spent).toBe(3n * 127n)
  })
})

describe('several gateways', () => {
  it('behavior: share one key, each on a lane of its own', async () => {
    const first = await client()
    const second = caller((await network.gateway()).url, first.session.apiKey)
    await Promise.all([first.ask(), second.ask(), first.ask(), second.ask()])
    const { channels, spent } = await first.balance()
    expect(spent).toBe(4n * 127n)
    expect(new Set(channels.map(({ lane }) => lane >>> 16)).size).toBe(2)
  })

  it('behavior: one key asked of both gives one answer and one charge', async () => {
    const first = await client()
    const second = caller((await network.gateway()).url, first.session.apiKey)
    const key = randomUUID()
    const answers = await Promise.all([first.ask(key), second.ask(key), first.ask(key), second.ask(key)])
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect((await first.balance()).spent).toBe(127n)
  })
})

describe('a job that comes to nothing', () => {
  it('behavior: a crashed engine costs nothing, and the same key runs again', async () => {
    const { ask, balance, receipts } = await client()
    const key = randomUUID()
    play.run = async () => {
      throw new Error('crashed')
    }
    await expect(ask(key)).rejects.toMatchObject({ status: 503, code: 'provider_failed' })
    play.run = undefined
    expect((await receipts()).map(({ receipt }) => ({ status: receipt.status, fee: receipt.fee }))).toEqual([
      { status: 2, fee: 0n },
    ])
    expect(textOf(await ask(key))).toBe(words)
    expect((await balance()).spent).toBe(127n)
  })

  it('behavior: an empty answer costs nothing', async () => {
    const { ask, balance } = await client()
    play.run = async () => ({
      answer: { kind: 'text', text: '', finishReason: 'stop' },
      units: { in: 7, out: 0, ms: 1 },
      finishReason: 'stop',
    })
    expect(textOf(await ask())).toBe('')
    play.run = undefined
    expect((await balance()).spent).toBe(0n)
  })
})

describe('a caller that leaves', () => {
  it('behavior: stops the engine and pays for what was written', async () => {
    const { openai, balance, receipts } = await client()
    let stopped = false
    play.run = async (_request, { signal, onText } = {}) => {
      onText?.('one ', 1)
      onText?.('two ', 2)
      await new Promise((done) => signal?.addEventListener('abort', done))
      stopped = true
      return {
        answer: { kind: 'text', text: 'one two ', finishReason: 'abort' },
        units: { in: 7, out: 2, ms: 5 },
        finishReason: 'abort',
      }
    }
    const stream = await openai.chat.completions.create({ model, messages, max_tokens: 16, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'two ') break
    await until(() => stopped)
    play.run = undefined
    await until(async () => (await receipts()).length === 1)
    expect((await receipts())[0]?.receipt).toMatchObject({ status: 1, unitsOut: 2n, fee: 111n })
    const { channels, spent } = await balance()
    expect(spent).toBe(111n)
    expect(channels[0]?.inFlight).toBe(0)
  })

  it('behavior: before the first byte it pays nothing', async () => {
    const { openai, receipts } = await client()
    let started = false
    play.run = async (_request, { signal } = {}) => {
      started = true
      await new Promise((done) => signal?.addEventListener('abort', done))
      return {
        answer: { kind: 'text', text: '', finishReason: 'abort' },
        units: { in: 7, out: 0, ms: 5 },
        finishReason: 'abort',
      }
    }
    const controller = new AbortController()
    const asked = openai.chat.completions.create({ model, messages, max_tokens: 16 }, { signal: controller.signal })
    asked.catch(() => {})
    await until(() => started)
    controller.abort()
    await expect(asked).rejects.toThrow()
    play.run = undefined
    await until(async () => (await receipts()).length === 1)
    expect((await receipts())[0]?.receipt).toMatchObject({ status: 1, fee: 0n })
  })
})

describe('a payer who runs out of money in the middle of a stream', () => {
  const long = Array.from({ length: 300 }, (_, i) => `w${i} `)
  const writeLong: Engine['run'] = async (_request, { signal, onText } = {}) => {
    let text = ''
    for (const [i, word] of long.entries()) {
      if (signal?.aborted) break
      text += word
      onText?.(word, i + 1)
    }
    const units = { in: 7, out: long.length, ms: 5 }
    return { answer: { kind: 'text', text, finishReason: 'stop' }, units, finishReason: 'stop' }
  }
  const stream = async ({ openai }: { openai: OpenAI }, onChunk: (text: string) => void = () => {}) => {
    let text = ''
    let finish: string | null | undefined
    const chunks = await openai.chat.completions.create({ model, messages, max_tokens: 400, stream: true })
    for await (const chunk of chunks) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      onChunk(text)
    }
    return { text, finish }
  }

  it('behavior: gets and pays for what the money lasts for', async () => {
    play.run = writeLong
    const poor = await client(700n, 'bob')
    const { text, finish } = await stream(poor)
    play.run = undefined
    expect(finish).toBe('length')
    const [view] = await poor.receipts()
    expect(view?.receipt.status).toBe(5)
    const count = Number(view?.receipt.unitsOut)
    expect(text).toBe(long.slice(0, count).join(''))
    expect(view?.receipt.fee).toBe(7n + 2n * BigInt(count) + 100n)
    expect(view?.receipt.fee).toBeLessThanOrEqual(700n)
  })

  it('behavior: goes on when money is added meanwhile', async () => {
    play.run = writeLong
    const poor = await client(700n, 'bob')
    let added = false
    const { text, finish } = await stream(poor, () => {
      if (added) return
      added = true
      const { apiKey } = poor
      const more = network.session('bob', { amount: 5_000n, apiKey })
      void fetch(`${poor.url}/v1/sessions`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(more.body) },
      })
    })
    play.run = undefined
    expect({ text, finish }).toEqual({ text: long.join(''), finish: 'stop' })
    expect((await poor.receipts())[0]?.receipt).toMatchObject({ status: 0, fee: 707n })
  })
})
