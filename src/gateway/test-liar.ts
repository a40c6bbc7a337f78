import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyReply } from 'fastify'
import OpenAI from 'openai'
import { Answer, Bytes, DehugError, type Hex, Offer, Price, Receipt, Unavailable } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { ProviderWire } from '../wire/index.ts'
import type { TestNetwork } from './testing.ts'

export const model = 'dehug/dehug-tiny-chat'
export const messages = [{ role: 'user' as const, content: 'Say something' }]
export const text = 'an honest answer'
export const zero: Hex = `0x${'00'.repeat(32)}`

/** What a provider lies about; without anything it is honest. */
export type Lie = {
  receipt?: (receipt: Receipt.Receipt, job: ProviderWire.JobBody) => Receipt.Receipt
  sign?: (signature: Hex) => Hex
  /** Sent instead of the answer that was signed. */
  answer?: Answer.Answer | Record<string, unknown>
  /** Hide the receipt: break the connection and answer 404 afterwards. */
  withhold?: 'before' | 'after'
  /** An error instead of an answer, by the number of jobs seen. */
  refuse?: (job: ProviderWire.JobBody, count: number) => DehugError | undefined
  /** What `GET /jobs/{jobId}` answers. */
  later?: (jobId: Hex) => DehugError | ProviderWire.JobResult | Record<string, unknown> | undefined
  /** What `GET /channels/{channelId}` answers. */
  channel?: (seen: ProviderWire.JobBody[]) => Record<string, unknown>
  /** µUSDC of reserved money that a stream asks for, as `unitsOut` of its ceiling events. */
  ceilings?: bigint[]
  /** Number of the offer, for one that makes a new offer each time it is asked. */
  offers?: () => Partial<Offer.Offer>
}

export type Published = { modelId: bigint; root: Hex }

/** A provider that keeps a book in memory and lies about one thing. */
export async function startLiar(network: TestNetwork, { modelId, root }: Published, lie: Lie) {
  const { withhold } = lie
  const signer = NativeSigner.from(Bytes.toHex(randomBytes(32)))
  const { chainId, contracts } = network.deployment
  const offerNow = (): Offer.Offer => ({
    ...{ provider: signer.address, modelId, versionRoot: root },
    ...{ priceIn: 1_000_000n, priceOut: 2_000_000n, priceMs: 0n, priceCall: 100n },
    ...{ maxIn: 2048n, maxOut: 512n, maxMs: 1000n, jobSecs: 1 },
    validUntil: BigInt(Math.floor(Date.now() / 1000) + 3600),
    ...lie.offers?.(),
  })
  let offer = offerNow()
  const seen: ProviderWire.JobBody[] = []
  const raised: ProviderWire.VoucherBody[] = []
  const finish = receipts(network, signer, root, lie, () => offer)

  const app = Fastify()
  app.get('/offers', () => {
    if (lie.offers) offer = offerNow()
    const signature = signer.sign(Offer.digest(network.separator, offer))
    const signed = { offer: Offer.serialize(offer), signature, repo: `model:${model}`, task: 'text-generation' }
    const modelInfo = { bytes: 1, files: 1, engine: 'x' }
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
    const refusal = lie.refuse?.(job, seen.length)
    if (refusal) return problem(reply, refusal)
    if (withhold === 'before') return reply.raw.destroy()
    if (!job.stream) return json(reply, finish(job, { in: 7n, out: 4n, ms: 0n }))
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write(ProviderWire.sseEvent('delta', { text, unitsOut: 4 }))
    for (const unitsOut of lie.ceilings ?? []) {
      reply.raw.write(ProviderWire.sseEvent('ceiling', { unitsOut, ceilingMicroUsdc: 0n, waitMs: 10_000 } as never))
      await new Promise((done) => setTimeout(done, 300))
    }
    if (withhold === 'after') return reply.raw.socket?.end()
    reply.raw.end(`event: receipt\ndata: ${ProviderWire.toJson(finish(job, { in: 7n, out: 4n, ms: 0n }))}\n\n`)
  })
  app.post<{ Params: { jobId: Hex } }>('/jobs/:jobId/voucher', (request, reply) => {
    const body = ProviderWire.VoucherBody.parse(request.body)
    raised.push(body)
    const { jobId } = request.params
    return json(reply, { jobId, maxOut: body.maxOut, reserved: 0n, ceiling: body.voucher.ceiling })
  })
  app.get<{ Params: { jobId: Hex } }>('/jobs/:jobId', (request, reply) => {
    const result = lie.later?.(request.params.jobId)
    if (!result) return reply.code(404).send({})
    return result instanceof DehugError ? problem(reply, result) : json(reply, result)
  })
  app.get('/channels/:channelId', (_request, reply) =>
    lie.channel ? json(reply, lie.channel(seen)) : reply.code(404).send({}),
  )
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ...{ url, seen, raised, finish, provider: signer.address },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

type Finish = (job: ProviderWire.JobBody, units: Price.Units) => Record<string, unknown>

/** Signs the receipts of one book, bent as the lie says. */
function receipts(
  network: TestNetwork,
  signer: NativeSigner.NativeSigner,
  versionRoot: Hex,
  { receipt: bend = (receipt) => receipt, sign = (signature) => signature, answer }: Lie,
  offer: () => Offer.Offer,
): Finish {
  let spent = 0n
  let seq = 0n
  return (job, units) => {
    const fee = Price.fee(offer(), units)
    spent += fee
    seq += 1n
    const honest: Answer.Answer = { kind: 'text', text, finishReason: 'stop' }
    const signed = bend(
      {
        ...{ channelId: job.channelId, seq, jobId: job.jobId, context: job.voucher.context, status: 0 },
        ...{ unitsIn: units.in, unitsOut: units.out, unitsMs: units.ms, fee, spent },
        ...{ answerHash: Answer.hash(honest), versionRoot, engine: zero, startedAt: 1n, finishedAt: 2n },
      },
      job,
    )
    // What was bent stays bent in its own book.
    spent = signed.spent
    const signature = sign(signer.sign(Receipt.digest(network.separator, signed)))
    return { answer: answer ?? honest, units, receipt: Receipt.serialize(signed), signature }
  }
}

let callers = 0

/** A gateway that asks the providers at these URLs, and a funded caller of it. */
export async function startCaller(network: TestNetwork, providers: string[], amount = 100_000n) {
  const started = await network.gateway({ providers, recoverMs: 2500 })
  const { url, gateway } = started
  // In turn: the relayer pays only so much gas a day for one payer.
  callers += 1
  const session = network.session(callers % 2 === 0 ? 'alice' : 'bob', { amount })
  await fetch(`${url}/v1/sessions`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(session.body) },
  })
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: session.apiKey, maxRetries: 0 })
  const ask = ({ key, ...options }: { stream?: boolean; key?: string; max_tokens?: number } = {}) =>
    openai.chat.completions.create(
      { model, messages, max_tokens: 16, ...options } as never,
      key ? { headers: { 'idempotency-key': key } } : {},
    ) as unknown as Promise<OpenAI.ChatCompletion & AsyncIterable<OpenAI.ChatCompletionChunk>>
  return { ask, url, gateway, apiKey: session.apiKey, session, started }
}

/** The provider is not ready; nothing was reserved. */
export const refused = (code: string, status = 402): DehugError =>
  status === 503
    ? new Unavailable('Not now.', { code })
    : DehugError.fromProblem({ status, code, detail: 'Refused.', retryable: false, exitCode: 1 }, status)

const json = (reply: FastifyReply, body: unknown) => reply.type('application/json').send(ProviderWire.toJson(body))

const problem = (reply: FastifyReply, error: DehugError) =>
  reply
    .code(error.status)
    .type('application/problem+json')
    .send(JSON.stringify(DehugError.toProblem(error)))
