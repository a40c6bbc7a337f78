import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Health, openCatalog } from '../catalog/index.ts'
import { type Engine, NullEngine } from '../engine/index.ts'
import { startTestNetwork, type TestNetwork } from './testing.ts'

const model = 'dehug/dehug-tiny-chat'
const key = `model:${model}`
const honest = NullEngine.create({ text: 'one two three four five six', unitsIn: 7, unitsOut: 6, pieces: 6 })
const patience = { timeout: 20_000 }
const play: { run?: Engine['run'] | undefined } = {}

let network: TestNetwork
let worker: Awaited<ReturnType<TestNetwork['worker']>>
let catalog: Awaited<ReturnType<typeof openCatalog>>
beforeAll(async () => {
  network = await startTestNetwork()
  await network.publish('dehug-tiny-chat')
  const prices = { in: '1', out: '2', call: '0.0001' }
  worker = await network.worker([{ model, prices, maxIn: 2048, maxOut: 512 }], () => ({
    ...honest,
    idleSince: 0,
    run: (request, options) => (play.run ?? honest.run)(request, options),
  }))
  catalog = await openCatalog({ databaseUrl: network.postgresUrl })
})
afterAll(async () => {
  await catalog?.close()
  await network?.stop()
})

const provider = () => network.keyOf('node-1').address.toLowerCase()
const ofModel = async (days: Health.Days = 7) =>
  (await Health.ofModels(catalog.db, { addresses: [provider()], keys: [key] }, days, new Date())).get(
    `${key} ${provider()}`,
  )

test('behavior: answers, failures, speed and presence of a provider are kept over restarts, by hour and by day', async () => {
  const options = { healthFlushMs: 20, refreshMs: 50 }
  const running = await network.gateway(options)
  const session = network.session('alice', { amount: 1_000_000n })
  await fetch(`${running.url}/v1/sessions`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(session.body) },
  })
  const callerAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: session.apiKey, maxRetries: 0 })
  const asked = { model, messages: [{ role: 'user' as const, content: 'Say something' }], max_tokens: 16 }
  const openai = callerAt(running.url)
  await Promise.all([1, 2, 3].map(() => openai.chat.completions.create(asked)))
  for await (const _ of await openai.chat.completions.create({ ...asked, stream: true }));
  play.run = async () => {
    throw new Error('The engine broke.')
  }
  await expect(openai.chat.completions.create(asked)).rejects.toThrow('could not do this job')
  play.run = undefined
  // What the caller got wrong is not the provider's failure, nor is a caller who leaves.
  await expect(openai.chat.completions.create({ ...asked, model: 'dehug/nothing' })).rejects.toThrow('404')
  await expect.poll(ofModel, patience).toMatchObject({ days: 7, answers: 4, failures: 1, uptime: 1 })
  const measured = await ofModel()
  expect(measured?.latencyMs?.p50).toBeGreaterThan(0)
  expect(measured?.ttftMs?.p95).toBeGreaterThan(0)
  expect(measured?.tokensPerSecond?.p5).toBeGreaterThan(0)
  expect(await ofModel(1)).toMatchObject({ days: 1, answers: 4, failures: 1 })

  await running[Symbol.asyncDispose]()
  const again = await network.gateway(options)
  await callerAt(again.url).chat.completions.create(asked)
  await expect.poll(ofModel, patience).toMatchObject({ answers: 5, failures: 1 })

  await worker[Symbol.asyncDispose]()
  await expect.poll(async () => (await ofModel())?.uptime, patience).toBeLessThan(1)
  const all = (await Health.ofProviders(catalog.db, [provider()], 30, new Date())).get(provider())
  expect(all).toMatchObject({ days: 30, answers: 5, failures: 1 })
  const { rows } = await catalog.pool.query(
    'select span, count(*)::int from gateway.health group by span order by span',
  )
  expect(rows.map(({ span }) => span)).toEqual(['day', 'hour'])
})

test('behavior: of a provider that nobody asked nothing is claimed', async () => {
  const stranger = `0x${'12'.repeat(20)}`
  const none = {
    days: 7,
    checks: 0,
    uptime: null,
    answers: 0,
    failures: 0,
    ttftMs: null,
    latencyMs: null,
    tokensPerSecond: null,
  }
  expect(await Health.ofProviders(catalog.db, [stranger], 7, new Date())).toEqual(new Map([[stranger, none]]))
})
