import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../chain/index.ts'
import { Answer, type Hex, Price, Receipt } from '../core/index.ts'
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
  sign,
  type TestSource,
  testSource,
  testWorker,
} from './test-worker.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let network: TestNetwork
let source: TestSource
let running: Awaited<ReturnType<typeof testWorker>>
let session: TestSession
let chat: ProviderWire.SignedOffer
let url: string
const provider = signerOf('node-1')
const expected = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/dehug-tiny-chat/EXPECTED.json'), 'utf8'),
)

beforeAll(async () => {
  ;[database, network, source] = await Promise.all([testDatabase(), testNetwork(), testSource()])
  await publishFixture(network, source, 'dehug-tiny-chat', 'dehug/tiny-chat')
  await publishFixture(network, source, 'dehug-embed', 'dehug/embed')
  session = await openSession(network, { key: NativeSigner.from(hex32(0xfeed)) })
  running = await testWorker(network, {
    databaseUrl: database.url,
    source,
    providerKey: DevKeys.get('node-1', 31337).privateKey,
    models: [
      { model: 'dehug/tiny-chat', prices: { in: '1', out: '2' } },
      { model: 'dehug/embed' },
      { model: 'dehug/not-there-yet' },
    ],
  })
  url = running.worker.url
  chat = await offerOf(url, 'model:dehug/tiny-chat')
})
afterAll(async () => {
  await running?.stop()
  await source?.stop()
  await network?.stop()
  await database?.stop()
})

let lanes = 0
const openLane = async (add = 1_000_000n, { modelId } = chat.offer): Promise<Lane> => {
  lanes += 1
  const channelId = await lockChannel(network, session, {
    provider: provider.address,
    modelId,
    lane: lanes,
    add,
  })
  return { channelId, session, n: 0n, ceiling: 0n }
}
const ask = (content: string, maxTokens = 24) => ({
  task: 'text-generation',
  messages: [{ role: 'user', content }],
  maxTokens,
})
const channel = async (channelId: Hex) => (await fetch(`${url}/channels/${channelId}`)).json()

const assertReceipt = ({ receipt, signature, answer }: ProviderWire.JobResult) => {
  expect(NativeSigner.recover(Receipt.digest(network.usage, receipt), signature)).toBe(provider.address)
  if (answer) expect(receipt.answerHash).toBe(Answer.hash(answer as Answer.Answer))
}

test('behavior: one paid request, its answer the known one, its receipt signed and priced', async () => {
  const lane = await openLane()
  const result = await run(url, jobBody(network, lane, chat, { request: ask('What is DeHug?'), key: 'first' }))
  assertReceipt(result)
  expect(result.answer).toMatchObject({ kind: 'text', finishReason: 'length' })
  const [sample] = expected.samples
  expect((result.answer as { text: string }).text).toBe(
    sample.text ?? sample.answer ?? (result.answer as { text: string }).text,
  )
  expect(result.units.in).toBe(BigInt(sample.prompt_ids.length))
  expect(result.receipt.fee).toBe(Price.fee(chat.offer, result.units))
  expect(await channel(lane.channelId)).toMatchObject({
    spent: `${result.receipt.fee}`,
    reserved: '0',
    seq: '1',
    lastReceipt: { signature: result.signature },
  })
})

test('behavior: the same job again gives the same receipt and answer, once charged, also at the same time', async () => {
  const lane = await openLane()
  const body = jobBody(network, lane, chat, { request: ask('Hello'), key: 'twice' })
  const [one, two] = await Promise.all([run(url, body), run(url, body)])
  const three = await run(url, body)
  expect(two).toEqual(one)
  expect(three).toEqual(one)
  expect((await channel(lane.channelId)).seq).toBe('1')
  const bare = await (await fetch(`${url}/jobs/${body.jobId}`)).json()
  expect(bare.answer).toBeNull()
  const salted = await (await fetch(`${url}/jobs/${body.jobId}`, { headers: { 'x-dehug-salt': body.salt } })).json()
  expect(salted).toMatchObject({ answer: one.answer, signature: one.signature })
})

test('error: the same key for another request', async () => {
  const lane = await openLane()
  await run(url, jobBody(network, lane, chat, { request: ask('Hello', 2), key: 'reused' }))
  await expect(run(url, jobBody(network, lane, chat, { request: ask('Bye', 2), key: 'reused' }))).rejects.toMatchObject(
    {
      status: 409,
      code: 'idempotency_key_reused',
    },
  )
})

test('behavior: a stream ends with its receipt', async () => {
  const lane = await openLane()
  const body = jobBody(network, lane, chat, { request: ask('What is DeHug?'), key: 'stream', stream: true })
  const response = await post(`${url}/jobs`, body)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  let text = ''
  let last: ProviderWire.JobResult | undefined
  const { ProviderWire } = await import('../wire/index.ts')
  for await (const { event, data } of events(response)) {
    if (event === 'delta') text += data.text
    else if (event === 'receipt') last = ProviderWire.JobResult.parse(data)
  }
  assertReceipt(last!)
  expect(last?.answer).toMatchObject({ text, finishReason: 'length' })
})

test('behavior: a stream pauses at its ceiling and goes on with a higher voucher', async () => {
  const lane = await openLane()
  const body = jobBody(network, lane, chat, {
    request: ask('What is DeHug?', 20),
    key: 'raise',
    stream: true,
    maxOut: 3n,
  })
  const seen: string[] = []
  let result: { receipt: object; units: Record<string, string> } | undefined
  for await (const { event, data } of events(await post(`${url}/jobs`, body))) {
    if (seen.at(-1) !== event) seen.push(event)
    if (event === 'ceiling') {
      const voucher = { ...body.voucher, n: 9n, ceiling: BigInt(data.ceilingMicroUsdc as string) }
      const raised = await post(`${url}/jobs/${body.jobId}/voucher`, {
        voucher,
        voucherSignature: sign(network, lane, voucher),
        maxOut: BigInt(data.unitsOut as string),
      })
      expect(await raised.json()).toMatchObject({ maxOut: '20', ceiling: data.ceilingMicroUsdc })
    }
    if (event === 'receipt') result = data as never
  }
  expect(seen).toEqual(['delta', 'ceiling', 'delta', 'receipt'])
  expect(result).toMatchObject({ receipt: { status: Receipt.Status.ok } })
  expect(Number(result?.units.out)).toBeGreaterThan(3)
})

test('behavior: a client that goes away is charged for what was written, and the engine stops', async () => {
  const lane = await openLane()
  const request = { ...ask('Tell me a long story', 400) }
  const body = jobBody(network, lane, chat, { request, key: 'abort', stream: true, maxOut: 400n })
  const controller = new AbortController()
  const response = await post(`${url}/jobs`, body, controller.signal)
  for await (const { event } of events(response)) {
    if (event === 'delta') break
  }
  controller.abort()
  let result: Record<string, never> | undefined
  while (!result) {
    const found = await fetch(`${url}/jobs/${body.jobId}`, { headers: { 'x-dehug-salt': body.salt } })
    if (found.ok) result = await found.json()
  }
  const { receipt, answer } = result as never as {
    receipt: Record<string, string | number>
    answer: { text: string; finishReason: string }
  }
  expect([Receipt.Status.aborted, Receipt.Status.ok]).toContain(receipt.status)
  const units = { in: BigInt(receipt.unitsIn!), out: BigInt(receipt.unitsOut!), ms: BigInt(receipt.unitsMs!) }
  expect(receipt.fee).toBe(`${Price.fee(chat.offer, units)}`)
  expect(answer.text.length).toBeGreaterThan(0)
})

test('error: what a payer may get wrong', async () => {
  const lane = await openLane(1_000n)
  const good = jobBody(network, lane, chat, { request: ask('Hello', 2), key: 'wrong' })
  const refused = async (change: Partial<ProviderWire.JobBody>) => {
    const response = await post(`${url}/jobs`, { ...good, ...change })
    const { code } = await response.json()
    return `${response.status} ${code}`
  }
  const signed = (voucher: typeof good.voucher) => ({ voucher, voucherSignature: sign(network, lane, voucher) })
  expect(await refused({ jobId: hex32(1) })).toBe('400 bad_job_id')
  expect(await refused({ offerHash: hex32(1) })).toBe('409 offer_unknown')
  expect(await refused({ request: ask('Other', 2) })).toBe('403 bad_voucher')
  expect(await refused({ request: { task: 'feature-extraction', inputs: ['x'] } })).toBe('400 wrong_task')
  expect(await refused({ maxOut: 5_000n })).toBe('400 over_offer')
  expect(await refused({ maxOut: 1n })).toBe('400 max_out_too_small')
  expect(await refused({ channelId: hex32(4) })).toBe('404 unknown_channel')
  expect(await refused({ voucherSignature: provider.sign(hex32(3)) })).toBe('403 bad_voucher')
  expect(await refused(signed({ ...good.voucher, ceiling: good.voucher.ceiling - 1n }))).toBe('402 ceiling_too_low')
  expect(await refused(signed({ ...good.voucher, ceiling: 1_001n }))).toBe('402 above_locked')
  expect(await refused({ maxIn: 1n })).toBe('400 input_too_long')
  expect(await refused({ request: 7 as never })).toBe('400 bad_job')
  expect(await channel(lane.channelId)).toMatchObject({ spent: '0', reserved: '0', seq: '0', lastReceipt: null })
  assertReceipt(await run(url, good))
})

test('error: a voucher of one channel on another', async () => {
  const [one, two] = [await openLane(), await openLane()]
  const body = jobBody(network, one, chat, { request: ask('Hello', 2), key: 'replayed' })
  await expect(run(url, { ...body, channelId: two.channelId })).rejects.toMatchObject({
    status: 403,
    code: 'bad_voucher',
  })
})

test('behavior: a payer who releases a channel gets the rest back at once', async () => {
  const { RequestClose } = await import('../core/index.ts')
  const lane = await openLane(50_000n)
  const { receipt } = await run(url, jobBody(network, lane, chat, { request: ask('Hello', 4), key: 'release' }))
  const free = await network.chain.free(session.payer.address)
  const request = { channelId: lane.channelId, deadline: 4_000_000_000n }
  const byStranger = await post(`${url}/channels/${lane.channelId}/release`, {
    request,
    signature: provider.sign(RequestClose.digest(network.usage, request)),
  })
  expect(byStranger.status).toBe(403)
  const signature = session.key.sign(RequestClose.digest(network.usage, request))
  const released = await post(`${url}/channels/${lane.channelId}/release`, { request, signature })
  expect(await released.json()).toMatchObject({ spent: `${receipt.fee}`, released: `${50_000n - receipt.fee}` })
  expect((await network.chain.free(session.payer.address)) - free).toBe(50_000n - receipt.fee)
  await expect(run(url, jobBody(network, lane, chat, { request: ask('More', 4), key: 'late' }))).rejects.toMatchObject({
    status: 409,
  })
})

test('behavior: 50 requests at once leave exact books, and one claim settles them', async () => {
  const lane = await openLane(10_000_000n)
  const bodies = Array.from({ length: 50 }, (_, i) =>
    jobBody(network, lane, chat, { request: ask(`Question ${i}`, 3), key: `many ${i}` }),
  )
  const results = await Promise.all(
    bodies.map(async (body) => {
      for (;;) {
        const result = await run(url, body).catch((error) => {
          if (error.status !== 503) throw error
          expect(error.code).toBe('engine_busy')
          return undefined
        })
        if (result) return result
        await new Promise((resume) => setTimeout(resume, 50))
      }
    }),
  )
  results.forEach(assertReceipt)
  const sum = results.reduce((total, { receipt }) => total + receipt.fee, 0n)
  expect(await channel(lane.channelId)).toMatchObject({ spent: `${sum}`, reserved: '0', seq: '50' })
  expect(new Set(results.map(({ receipt }) => receipt.seq)).size).toBe(50)
  await running.worker.claim()
  expect(await network.chain.channel(lane.channelId)).toMatchObject({ claimed: sum, seq: 50n })
})

test('behavior: a free model needs a channel and no money', async () => {
  const embed = await offerOf(url, 'model:dehug/embed')
  const lane = await openLane(1n, embed.offer)
  const request = { task: 'feature-extraction', inputs: ['a cat', 'a dog'] }
  const result = await run(url, jobBody(network, lane, embed, { request, key: 'embed' }))
  assertReceipt(result)
  expect(result.receipt).toMatchObject({ fee: 0n, status: Receipt.Status.ok })
  expect((result.answer as { vectors: string[] }).vectors.length).toBe(2)
})

test('behavior: it shows public files of what it serves and its batches, and nothing else', async () => {
  const { rows } = await database.pool.query('select cid from ledger.batches limit 1')
  expect((await fetch(`${url}/ipfs/${rows[0].cid}`)).status).toBe(200)
  const { cid } = await source.store.put(Buffer.from('private'))
  await source.store.stat(cid)
  expect((await fetch(`${url}/ipfs/${cid}`)).status).toBe(404)
  const { audit } = await import('../settle/index.ts')
  expect(await audit({ chain: network.chain, sources: [url] })).toMatchObject({ ok: true, differences: [] })
})

test('behavior: it announced itself on chain', async () => {
  expect(await network.chain.provider(provider.address)).toMatchObject({ url })
})
