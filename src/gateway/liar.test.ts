import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Answer, Bytes, type Hex, Offer, Price, Receipt } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { startTestNetwork, type TestNetwork, until } from './testing.ts'

const model = 'dehug/dehug-tiny-chat'
const messages = [{ role: 'user' as const, content: 'Say something' }]
const text = 'an honest answer'
const zero: Hex = `0x${'00'.repeat(32)}`

let network: TestNetwork
let versionRoot: Hex
let modelId: bigint

beforeAll(async () => {
  network = await startTestNetwork()
  ;({ root: versionRoot, modelId } = await network.publish('dehug-tiny-chat'))
})

const running: AsyncDisposable[] = []

afterEach(async () => {
  for (const one of running.splice(0)) await one[Symbol.asyncDispose]()
})

afterAll(async () => {
  await network?.stop()
})

type Lie = {
  receipt?: (receipt: Receipt.Receipt, job: ProviderWire.JobBody) => Receipt.Receipt
  sign?: (signature: Hex) => Hex
  answer?: Answer.Answer
  /** Hide the receipt: break the connection and answer 404 afterwards. */
  withhold?: 'before' | 'after'
}

/** A provider that keeps a book in memory and lies about one thing. */
async function liar({ receipt: bend = (receipt) => receipt, sign = (signature) => signature, answer, withhold }: Lie) {
  const signer = NativeSigner.from(Bytes.toHex(randomBytes(32)))
  const offer: Offer.Offer = {
    ...{ provider: signer.address, modelId, versionRoot },
    ...{ priceIn: 1_000_000n, priceOut: 2_000_000n, priceMs: 0n, priceCall: 100n },
    ...{
      maxIn: 2048n,
      maxOut: 512n,
      maxMs: 1000n,
      validUntil: BigInt(Math.floor(Date.now() / 1000) + 3600),
      jobSecs: 1,
    },
  }
  const seen: ProviderWire.JobBody[] = []
  let spent = 0n
  let seq = 0n
  const app = Fastify()
  app.get('/offers', () => {
    const signature = signer.sign(Offer.digest(network.separator, offer))
    const signed = { offer: Offer.serialize(offer), signature, repo: `model:${model}`, task: 'text-generation' }
    const modelInfo = { bytes: 1, files: 1, engine: 'x' }
    const { chainId, contracts } = network.deployment
    return {
      provider: signer.address,
      chainId,
      controller: contracts.UsageController,
      offers: [{ ...signed, modelInfo }],
    }
  })
  app.post('/jobs', async (request, reply) => {
    const job = ProviderWire.JobBody.parse(request.body)
    seen.push(job)
    if (withhold === 'before') return reply.raw.destroy()
    const units = { in: 7n, out: 4n, ms: 0n }
    const fee = Price.fee(offer, units)
    spent += fee
    seq += 1n
    const honest: Answer.Answer = { kind: 'text', text, finishReason: 'stop' }
    const receipt = bend(
      {
        ...{ channelId: job.channelId, seq, jobId: job.jobId, context: job.voucher.context, status: 0 },
        ...{ unitsIn: 7n, unitsOut: 4n, unitsMs: 0n, fee, spent, answerHash: Answer.hash(honest), versionRoot },
        ...{ engine: zero, startedAt: 1n, finishedAt: 2n },
      },
      job,
    )
    const signature = sign(signer.sign(Receipt.digest(network.separator, receipt)))
    const result = { answer: answer ?? honest, units, receipt: Receipt.serialize(receipt), signature }
    const body = ProviderWire.toJson(result)
    if (!job.stream) return reply.type('application/json').send(body)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write(ProviderWire.sseEvent('delta', { text, unitsOut: 4 }))
    if (withhold === 'after') return reply.raw.destroy()
    reply.raw.end(`event: receipt\ndata: ${body}\n\n`)
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const started = await network.gateway({ providers: [url], recoverMs: 2500 })
  running.push(started, { [Symbol.asyncDispose]: () => app.close() })
  const { url: gatewayUrl, gateway } = started
  const session = network.session('alice', { amount: 100_000n })
  await fetch(`${gatewayUrl}/v1/sessions`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(session.body) },
  })
  const openai = new OpenAI({ baseURL: `${gatewayUrl}/v1`, apiKey: session.apiKey, maxRetries: 0 })
  const ask = (options: { stream?: boolean } = {}) =>
    openai.chat.completions.create({ model, messages, max_tokens: 16, ...options } as never) as unknown as Promise<
      OpenAI.ChatCompletion & AsyncIterable<OpenAI.ChatCompletionChunk>
    >
  return { ask, seen, gateway, provider: signer.address }
}

type Liar = Awaited<ReturnType<typeof liar>>

/** After a falsehood the provider gets no second voucher and its channel is closing. */
async function expectStopped({ ask, seen, gateway, provider }: Liar): Promise<void> {
  expect(gateway.bans.has(provider)).toBe(true)
  await expect(ask()).rejects.toMatchObject({ status: 503, code: 'no_provider' })
  const channelId = seen[0]?.channelId as Hex
  await until(async () => (await network.chain.channel(channelId)).status === 'closing')
}

describe('a lying provider', () => {
  it('behavior: an honest one of the same make is believed', async () => {
    const { ask } = await liar({})
    expect((await ask()).choices[0]?.message.content).toBe(text)
    expect((await ask()).choices[0]?.message.content).toBe(text)
  })

  const stranger = NativeSigner.from(Bytes.toHex(randomBytes(32)))
  const lies: [string, Lie, RegExp][] = [
    ['signs with another key', { receipt: (receipt) => receipt, sign: () => stranger.sign(zero) }, /signature/],
    ['sends no signature at all', { sign: () => `0x${'00'.repeat(65)}` }, /signature/],
    [
      'charges above the quote',
      { receipt: (r) => ({ ...r, fee: r.fee + 10_000n, spent: r.spent + 10_000n }) },
      /above the quoted/,
    ],
    ['charges above its units', { receipt: (r) => ({ ...r, fee: r.fee + 1n, spent: r.spent + 1n }) }, /of its units/],
    ['counts more units than were paid for', { receipt: (r) => ({ ...r, unitsOut: 17n }) }, /limits/],
    [
      'answers something else than it signed',
      { answer: { kind: 'text', text: 'a cheaper answer', finishReason: 'stop' } },
      /answer hash/,
    ],
    ['charges for a failure', { receipt: (r) => ({ ...r, status: 2 }) }, /failed/],
    ['served another version', { receipt: (r) => ({ ...r, versionRoot: zero }) }, /version/],
    ['signs for another job', { receipt: (r) => ({ ...r, jobId: zero }) }, /another job/],
    ['signs for another channel', { receipt: (r) => ({ ...r, channelId: zero }) }, /another channel/],
    ['signs for another request', { receipt: (r) => ({ ...r, context: zero }) }, /context/],
    [
      'adds more to the total than the fee',
      { receipt: (r) => ({ ...r, spent: r.spent + 1_000_000n }) },
      /above every signed ceiling/,
    ],
  ]

  it.each(lies)('error: it %s', async (_name, lie, reason) => {
    const caught = await liar(lie)
    await expect(caught.ask()).rejects.toMatchObject({ status: 502, message: expect.stringMatching(reason) })
    await expectStopped(caught)
    expect(caught.seen).toHaveLength(1)
  })

  it('error: two receipts with one sequence number', async () => {
    const caught = await liar({ receipt: (r) => ({ ...r, seq: 1n }) })
    await caught.ask()
    await expect(caught.ask()).rejects.toMatchObject({ status: 502, code: 'receipt_contradiction' })
    await expectStopped(caught)
  })

  it('error: two receipts with one sequence number at the same time', async () => {
    const caught = await liar({ receipt: (r) => ({ ...r, seq: 1n, spent: r.fee }) })
    const both = await Promise.allSettled([caught.ask(), caught.ask()])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await expectStopped(caught)
  })

  it('error: a total that skips', async () => {
    const caught = await liar({ receipt: (r) => (r.seq === 1n ? r : { ...r, spent: r.spent + 1n }) })
    await caught.ask()
    await expect(caught.ask()).rejects.toMatchObject({ status: 502, message: expect.stringMatching(/running totals/) })
    await expectStopped(caught)
  })

  it('error: in a stream the client hears of it after the text', async () => {
    const caught = await liar({ receipt: (r) => ({ ...r, answerHash: zero }) })
    let seen = ''
    await expect(
      (async () => {
        for await (const chunk of await caught.ask({ stream: true })) seen += chunk.choices[0]?.delta.content ?? ''
      })(),
    ).rejects.toMatchObject({ code: 'receipt_mismatch' })
    expect(seen).toBe(text)
    await expectStopped(caught)
  })

  it('error: a job that it swallows goes to nobody else, is not charged, and the client hears so', async () => {
    const { ask, seen } = await liar({ withhold: 'before' })
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'provider_lost' })
    expect(seen).toHaveLength(1)
  })

  it('error: a receipt that is withheld after the text was sent', async () => {
    const { ask, seen } = await liar({ withhold: 'after' })
    await expect(
      (async () => {
        for await (const _ of await ask({ stream: true }));
      })(),
    ).rejects.toThrow()
    expect(seen).toHaveLength(1)
  })
})
