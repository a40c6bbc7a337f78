import { afterAll, beforeAll, expect, test } from 'vitest'
import { Calls, DevKeys } from '../chain/index.ts'
import { Domain, type Hex, Receipt, SetTerms } from '../core/index.ts'
import { type Engine, EngineBusy, EngineCrashed } from '../engine/index.ts'
import { NativeSigner } from '../settle/index.ts'
import {
  lockChannel,
  openSession,
  signerOf,
  type TestNetwork,
  type TestSession,
  testNetwork,
} from '../settle/test-network.ts'
import { hex32, testDatabase } from '../settle/testing.ts'
import type { ProviderWire } from '../wire/index.ts'
import {
  events,
  jobBody,
  type Lane,
  offerOf,
  post,
  publishFixture,
  run,
  type TestSource,
  testSource,
  testWorker,
} from './test-worker.ts'

/** Engines that misbehave as real ones do; which way is said in the prompt. */
const misbehaving = (): Engine => ({
  info: { task: 'text-generation', engine: hex32(5), name: 'misbehaving', sandbox: {} as never, contextLength: null },
  count: async () => 3,
  run: async (request, { signal, onText } = {}) => {
    const words = (request as { messages: { content: string }[] }).messages[0]?.content ?? ''
    const aborted = () => new Promise<void>((done) => signal?.addEventListener('abort', () => done(), { once: true }))
    const answer = (text: string, out: number, finishReason: 'stop' | 'abort' = 'stop') =>
      ({ answer: { kind: 'text', text, finishReason }, units: { in: 3, out, ms: 5 }, finishReason }) as const
    if (words === 'crash') throw new EngineCrashed('The engine ended with signal 11.')
    if (words === 'bug') throw new TypeError('secret internals')
    if (words === 'busy') throw new EngineBusy('All places are taken.', 1500)
    if (words === 'empty') return answer('', 0)
    if (words === 'greedy') return answer('much', 5000)
    if (words === 'hang') {
      await aborted()
      throw new EngineCrashed('It was killed.')
    }
    if (words === 'crash after text') {
      onText?.('Half an ans', 4)
      throw new EngineCrashed('The engine ended with signal 11.')
    }
    for (let i = 1; i <= 5; i += 1) onText?.(`word${i} `, i)
    if (words === 'endless') {
      await aborted()
      return answer('word1 word2 word3 word4 word5 ', 5, 'abort')
    }
    return answer('word1 word2 word3 word4 word5 ', 5)
  },
  load: { active: 0, queued: 0 },
  idleSince: null,
  pid: undefined,
  exited: new Promise(() => undefined),
  close: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
})

let database: Awaited<ReturnType<typeof testDatabase>>
let network: TestNetwork
let source: TestSource
let one: Awaited<ReturnType<typeof testWorker>>
let two: Awaited<ReturnType<typeof testWorker>>
let session: TestSession

beforeAll(async () => {
  ;[database, network, source] = await Promise.all([testDatabase(), testNetwork(), testSource()])
  await publishFixture(network, source, 'dehug-tiny-chat', 'dehug/tiny-chat')
  session = await openSession(network, { key: NativeSigner.from(hex32(0xfeed)) })
  const shared = {
    databaseUrl: database.url,
    source,
    models: [{ model: 'dehug/tiny-chat', prices: { in: '1', out: '2', call: '0.00001' } }],
    parts: { startEngine: async () => misbehaving() },
    more: { jobSeconds: 1 },
  }
  // Two providers, one database.
  one = await testWorker(network, { ...shared, providerKey: DevKeys.get('node-1', 31337).privateKey })
  two = await testWorker(network, { ...shared, providerKey: DevKeys.get('node-2', 31337).privateKey })
})
afterAll(async () => {
  await one?.stop()
  await two?.stop()
  await source?.stop()
  await network?.stop()
  await database?.stop()
})

let lanes = 0
const at = async (worker: typeof one, name: 'node-1' | 'node-2' = 'node-1') => {
  const { url } = worker.worker
  const offer = await offerOf(url, 'model:dehug/tiny-chat')
  lanes += 1
  const { modelId } = offer.offer
  const channelId = await lockChannel(network, session, { provider: signerOf(name).address, modelId, lane: lanes })
  const lane: Lane = { channelId, session, n: 0n, ceiling: 0n }
  const ask = (content: string, more: object = {}) =>
    jobBody(network, lane, offer, {
      request: { task: 'text-generation', messages: [{ role: 'user', content }], maxTokens: 20 },
      key: `${name} ${content} ${lanes}`,
      ...more,
    })
  return { url, lane, offer, ask }
}
const book = async (url: string, channelId: Hex) => (await fetch(`${url}/channels/${channelId}`)).json()

test.each([
  ['crash', 503, 'engine_crashed', Receipt.Status.failed],
  ['bug', 500, 'fault', Receipt.Status.failed],
  ['hang', 503, 'job_late', Receipt.Status.deadline],
])(
  'error: an engine that does %s costs nothing and the receipt says so',
  async (words, status, code, receiptStatus) => {
    const { url, lane, ask } = await at(one)
    const body = ask(words)
    const response = await post(`${url}/jobs`, body)
    const problem = await response.json()
    expect([response.status, problem.code]).toEqual([status, code])
    expect(JSON.stringify(problem)).not.toContain('secret')
    const { receipt, signature } = problem.details
    expect(receipt).toMatchObject({ fee: '0', status: receiptStatus, seq: '1' })
    expect(NativeSigner.recover(Receipt.digest(network.usage, Receipt.parse(receipt)), signature)).toBe(
      signerOf('node-1').address,
    )
    expect(await book(url, lane.channelId)).toMatchObject({ spent: '0', reserved: '0', seq: '1' })
    // The same job again: the same receipt, nothing is run.
    const again = await run(url, body)
    expect(again).toMatchObject({ answer: null, failure: code, signature })
  },
)

test('error: a busy engine is a clear 503 that leaves nothing behind', async () => {
  const { url, lane, ask } = await at(one)
  const body = ask('busy')
  const response = await post(`${url}/jobs`, body)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await response.json()).toMatchObject({ code: 'engine_busy', retryable: true })
  expect(await book(url, lane.channelId)).toMatchObject({ spent: '0', reserved: '0', seq: '0' })
  expect((await fetch(`${url}/jobs/${body.jobId}`)).status).toBe(404)
})

test('behavior: an empty answer is free', async () => {
  const { url, ask } = await at(one)
  expect(await run(url, ask('empty'))).toMatchObject({
    answer: { text: '' },
    receipt: { status: Receipt.Status.empty, fee: 0n },
  })
})

test('behavior: units beyond the quote are not charged', async () => {
  const { url, ask } = await at(one)
  const { receipt } = await run(url, ask('greedy', { maxIn: 3n, maxOut: 20n }))
  // 3 in at 1, 20 out at 2, 10 a call
  expect(receipt).toMatchObject({ unitsOut: 20n, fee: 53n })
})

test('error: a crash in the middle of a stream ends it with an error and a free receipt', async () => {
  const { url, ask } = await at(one)
  const seen: [string, unknown][] = []
  for await (const { event, data } of events(await post(`${url}/jobs`, ask('crash after text', { stream: true })))) {
    seen.push([
      event,
      event === 'error' ? data.code : event === 'receipt' ? (data.receipt as { fee: string }).fee : data.text,
    ])
  }
  expect(seen).toEqual([
    ['delta', 'Half an ans'],
    ['error', 'engine_crashed'],
    ['receipt', '0'],
  ])
})

test('behavior: a client that leaves pays for what was written', async () => {
  const { url, lane, ask } = await at(one)
  const body = ask('endless', { stream: true })
  const controller = new AbortController()
  let seen = 0
  for await (const { event } of events(await post(`${url}/jobs`, body, controller.signal))) {
    if (event === 'delta') seen += 1
    if (seen === 5) break
  }
  controller.abort()
  const result = await untilDone(url, body)
  expect(result).toMatchObject({
    answer: { text: 'word1 word2 word3 word4 word5 ', finishReason: 'abort' },
    receipt: { status: 1, unitsOut: '5' },
  })
  expect(await book(url, lane.channelId)).toMatchObject({ reserved: '0', spent: result.receipt.fee })
})

test('behavior: a client of a whole answer that leaves pays nothing', async () => {
  const { url, ask } = await at(one)
  const body = ask('endless')
  const controller = new AbortController()
  const sent = post(`${url}/jobs`, body, controller.signal).catch(() => undefined)
  await new Promise((resume) => setTimeout(resume, 300))
  controller.abort()
  await sent
  expect(await untilDone(url, body)).toMatchObject({ answer: null, receipt: { status: 1, fee: '0' } })
})

test('behavior: a stream whose money runs out ends, paid up to there', async () => {
  const { url, ask } = await at(two, 'node-2')
  const seen: string[] = []
  let receipt: Record<string, unknown> | undefined
  for await (const { event, data } of events(
    await post(`${url}/jobs`, ask('words', { stream: true, maxOut: 2n, maxIn: 3n })),
  )) {
    seen.push(event)
    if (event === 'receipt') receipt = data.receipt as Record<string, unknown>
  }
  expect(seen).toEqual(['delta', 'delta', 'ceiling', 'receipt'])
  // 3 in at 1, 2 out at 2, 10 a call
  expect(receipt).toMatchObject({ fee: '17', unitsOut: '2', status: Receipt.Status.ceiling })
})

test('behavior: two providers in one database keep their books apart', async () => {
  const [left, right] = [await at(one), await at(two, 'node-2')]
  const [a, b] = await Promise.all([run(left.url, left.ask('hello')), run(right.url, right.ask('hello'))])
  expect([a.receipt.seq, b.receipt.seq]).toEqual([1n, 1n])
  expect((await fetch(`${right.url}/jobs/${a.receipt.jobId}`)).status).toBe(404)
  const foreign = await post(`${right.url}/jobs`, left.ask('hello again'))
  expect(foreign.status).toBe(409)
})

test('behavior: a model whose creators take too much is not served, nor are channels with such terms', async () => {
  const before = await at(one)
  const { ModelRegistry } = network.deployment.contracts
  const domain = Domain.separator(Domain.registry(network.deployment.chainId, ModelRegistry))
  const terms: SetTerms.SetTerms = {
    modelId: before.offer.offer.modelId,
    creatorBps: 5_001,
    termsHash: hex32(0),
    ownerEpoch: 0n,
    nonce: 0n,
    deadline: 4_000_000_000n,
  }
  const signature = signerOf('dehug').sign(SetTerms.digest(domain, terms))
  await network.send(Calls.setTerms(network.deployment, terms, signature))
  const { provider, modelId } = before.offer.offer
  const channelId = await lockChannel(network, session, { provider, modelId, lane: 1_000 })
  const lane: Lane = { channelId, session, n: 0n, ceiling: 0n }
  const request = { task: 'text-generation', messages: [{ role: 'user', content: 'hello' }], maxTokens: 20 }
  const body = jobBody(network, lane, before.offer, { request, key: 'greedy' })
  await expect(run(before.url, body)).rejects.toMatchObject({ status: 403, code: 'creator_part_too_high' })
  // A channel that was opened before keeps its terms.
  expect(await run(before.url, before.ask('hello'))).toMatchObject({ receipt: { status: Receipt.Status.ok } })
  for (;;) {
    const { offers } = (await (await fetch(`${before.url}/offers`)).json()) as { offers: unknown[] }
    if (offers.length === 0) break
  }
})

const untilDone = async (url: string, body: ProviderWire.JobBody) => {
  for (;;) {
    const found = await fetch(`${url}/jobs/${body.jobId}`, { headers: { 'x-dehug-salt': body.salt } })
    if (found.ok) return await found.json()
  }
}
