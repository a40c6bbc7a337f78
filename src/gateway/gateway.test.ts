import OpenAI from 'openai'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Answer, Bytes, Job, Offer, Price, Receipt, Voucher } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { GatewayWire } from '../wire/index.ts'
import { echoEngine, startTestNetwork, type TestNetwork, until } from './testing.ts'

const prices = { in: '1', out: '2', call: '0.0001' }
const model = 'dehug/dehug-tiny-chat'
const messages = [{ role: 'user' as const, content: 'Say something' }]

let network: TestNetwork
let url: string
let openai: OpenAI
let apiKey: string

beforeAll(async () => {
  network = await startTestNetwork()
  await network.publish('dehug-tiny-chat')
  await network.worker([{ model, prices, maxIn: 2048, maxOut: 512 }], () => echoEngine())
  ;({ url } = await network.gateway())
  const session = network.session('alice')
  apiKey = session.apiKey
  expect(await (await post('/v1/sessions', session.body)).json()).toMatchObject({
    sessionId: session.sessionId,
    free: '10000000',
  })
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
})

afterAll(async () => {
  await network?.stop()
})

const authorized = (headers: Record<string, string> = {}) => ({ authorization: `Bearer ${apiKey}`, ...headers })
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const get = async (path: string) => (await fetch(url + path, { headers: authorized() })).json()

describe('the unmodified OpenAI client', () => {
  it('behavior: a chat answers in JSON with usage and a receipt that anyone can check', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model, messages, max_tokens: 16, user: 'someone' })
      .withResponse()
    expect(data).toMatchObject({
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'four words are written' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
    })
    // 7 in at 1, 4 out at 2, 100 for the call
    expect(response.headers.get('x-dehug-fee')).toBe('115')
    expect(response.headers.get('x-request-id')).toMatch(/./)
    const receiptUrl = new URL(response.headers.get('x-dehug-receipt') as string)
    const view = GatewayWire.ReceiptView.parse(await get(receiptUrl.pathname))
    const { receipt, voucher, offer, salt } = view
    expect(NativeSigner.recover(Receipt.digest(network.separator, receipt), view.signature)).toBe(view.provider)
    expect(NativeSigner.recover(Offer.digest(network.separator, offer), view.offerSignature)).toBe(view.provider)
    const key = NativeSigner.recover(Voucher.digest(network.separator, voucher), view.voucherSignature)
    expect(key).toBe(network.session('alice', { apiKey }).session.key)
    expect(receipt.answerHash).toBe(Answer.hash({ kind: 'text', text: 'four words are written', finishReason: 'stop' }))
    const request = { task: 'text-generation', messages, temperature: 1, topP: 1, stop: [], maxTokens: 16 }
    expect(Job.requestHash(salt, request)).toBe(view.requestHash)
    expect(receipt.context).toBe(Job.context(view.jobId, view.offerHash, view.requestHash))
    expect(receipt.fee).toBe(Price.fee(offer, { in: receipt.unitsIn, out: receipt.unitsOut, ms: receipt.unitsMs }))
  })

  it('behavior: who serves what is written down for the hub', async () => {
    const client = new pg.Client({ connectionString: network.postgresUrl })
    await client.connect()
    const rows = async () => (await client.query('select * from gateway.serving where valid_until > now()')).rows
    await until(async () => (await rows()).length > 0)
    const [row] = await rows()
    await client.end()
    expect(row).toMatchObject({ repo: `model:${model}`, task: 'text-generation', url: expect.stringMatching(/^http/) })
    expect(row.offer).toMatchObject({ provider: row.provider })
  })

  it('behavior: a chat streams, with usage where asked for', async () => {
    const stream = await openai.chat.completions.create({
      ...{ model, messages, max_tokens: 16, stream: true, stream_options: { include_usage: true } },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('four words are written')
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
    })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
  })

  it('behavior: the raw stream ends with the receipt as a comment and [DONE]', async () => {
    const response = await post('/v1/chat/completions', { model, messages, stream: true, max_tokens: 16 }, authorized())
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = (await response.text()).trimEnd().split('\n\n')
    expect(events.at(-1)).toBe('data: [DONE]')
    const [, json] = /^: dehug-receipt (.*)$/.exec(events.at(-2) as string) as RegExpExecArray
    const { receipt, signature } = JSON.parse(json as string)
    expect(receipt.fee).toBe('115')
    const view = (await get(new URL(response.headers.get('x-dehug-receipt') as string).pathname)) as {
      signature: string
    }
    expect(view.signature).toBe(signature)
    expect(events.slice(0, -2).every((event) => event.startsWith('data: {'))).toBe(true)
    expect(JSON.parse(events[0]?.slice(6) as string)).not.toHaveProperty('usage')
  })

  it('behavior: legacy completions, streamed and not', async () => {
    const whole = await openai.completions.create({ model, prompt: 'Once' })
    expect(whole).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'four words are written', finish_reason: 'stop' }],
    })
    let text = ''
    for await (const chunk of await openai.completions.create({ model, prompt: ['Once'], stream: true })) {
      text += chunk.choices[0]?.text ?? ''
    }
    expect(text).toBe('four words are written')
  })

  it('behavior: lists models and finds one, its slash written either way', async () => {
    const { data } = await openai.models.list()
    expect(data.map(({ id, owned_by }) => ({ id, owned_by }))).toEqual([{ id: model, owned_by: 'dehug' }])
    expect((await openai.models.retrieve(model)).id).toBe(model)
    expect(await get(`/v1/models/${model}`)).toMatchObject({ id: model, dehug: { task: 'text-generation' } })
  })

  it('behavior: a version can be pinned', async () => {
    const { root } = await network.chain.head(`model:${model}`)
    const data = await openai.chat.completions.create({ model: `${model}@${root}`, messages, max_tokens: 16 })
    expect(data.choices[0]?.message.content).toBe('four words are written')
    const other = openai.chat.completions.create({ model: `${model}@0x${'1'.repeat(64)}`, messages })
    await expect(other).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe('what is refused, by the OpenAI client’s own error classes', () => {
  const create = (body: object) => openai.chat.completions.create({ model, messages, max_tokens: 8, ...body } as never)

  it.each([
    ['n', 2],
    ['tools', [{ type: 'function', function: { name: 'f' } }]],
    ['logprobs', true],
    ['top_logprobs', 3],
    ['response_format', { type: 'json_object' }],
    ['presence_penalty', 1],
    ['logit_bias', { 5: 1 }],
    ['store', true],
    ['reasoning_effort', 'high'],
  ])('error: %s is not ignored', async (param, value) => {
    await expect(create({ [param]: value })).rejects.toMatchObject({
      ...{ status: 400, code: 'unsupported_parameter', param, type: 'invalid_request_error' },
    })
  })

  it('error: a parameter nobody knows', async () => {
    await expect(create({ temprature: 1 })).rejects.toMatchObject({
      status: 400,
      code: 'unknown_parameter',
      param: 'temprature',
    })
  })

  it('error: values out of range name the field', async () => {
    await expect(create({ temperature: 3 })).rejects.toMatchObject({ status: 400, param: 'temperature' })
    await expect(create({ messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' })
    await expect(create({ max_tokens: 100_000 })).rejects.toMatchObject({
      status: 400,
      param: 'max_tokens',
      code: 'too_many_tokens',
    })
  })

  it('error: an unknown model', async () => {
    await expect(create({ model: 'nobody/nothing' })).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('error: a model of another task', async () => {
    await expect(openai.embeddings.create({ model, input: 'x' })).rejects.toMatchObject({
      status: 400,
      code: 'wrong_task',
    })
  })

  it('error: keys that are missing, malformed or never funded', async () => {
    const as = (key: string) =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }).chat.completions.create({ model, messages })
    await expect(as('nonsense')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
    await expect(as(network.session('bob').apiKey)).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
    const without = await post('/v1/chat/completions', { model, messages })
    expect({ status: without.status, body: await without.json() }).toMatchObject({
      status: 401,
      body: { error: { code: 'missing_api_key' } },
    })
  })

  it('error: bodies that are no JSON, no object, or too large', async () => {
    const send = async (body: string) => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        ...{ method: 'POST', headers: authorized({ 'content-type': 'application/json' }), body },
      })
      return { status: response.status, code: ((await response.json()) as { error: { code: string } }).error.code }
    }
    expect(await send('{"model":')).toEqual({ status: 400, code: 'bad_json' })
    expect(await send('[]')).toEqual({ status: 400, code: 'bad_body' })
    expect(
      await send(JSON.stringify({ model, messages: [{ role: 'user', content: 'x'.repeat(9 * 2 ** 20) }] })),
    ).toEqual({
      ...{ status: 413, code: 'body_too_large' },
    })
  })

  it('error: an input that is longer than the model takes costs nothing', async () => {
    const before = (await balance()).spent
    await expect(create({ messages: [{ role: 'user', content: 'x'.repeat(1_000_001) }] })).rejects.toMatchObject({
      status: 400,
    })
    expect((await balance()).spent).toBe(before)
  })
})

const balance = async () => GatewayWire.Balance.parse(await get('/v1/balance'))

describe('idempotency', () => {
  const once = (key: string, body: object = {}) =>
    post('/v1/chat/completions', { model, messages, max_tokens: 16, ...body }, authorized({ 'idempotency-key': key }))

  it('behavior: the same key gives the same answer and one charge, also to requests at the same time and as a stream', async () => {
    const before = await balance()
    const responses = await Promise.all([1, 2, 3, 4].map(() => once('key-1')))
    const bodies = await Promise.all(responses.map((response) => response.json()))
    expect(new Set(bodies.map((body) => (body as { id: string }).id)).size).toBe(1)
    expect(new Set(responses.map((response) => response.headers.get('x-dehug-receipt'))).size).toBe(1)
    const streamed = await (await once('key-1', { stream: true })).text()
    expect(streamed).toContain('four words are written')
    expect((await balance()).spent - before.spent).toBe(115n)
  })

  it('error: the same key with another body', async () => {
    await once('key-2')
    const other = await once('key-2', { max_tokens: 17 })
    expect({ status: other.status, body: await other.json() }).toMatchObject({
      ...{ status: 409, body: { error: { code: 'idempotency_key_reused' } } },
    })
  })

  it('error: a key that fits no header', async () => {
    expect((await once('x'.repeat(256))).status).toBe(400)
  })

  it('behavior: a key is sent back where none was given', async () => {
    const response = await post('/v1/chat/completions', { model, messages, max_tokens: 16 }, authorized())
    expect(response.headers.get('idempotency-key')).toMatch(/^0x[0-9a-f]{32}$/)
  })
})

describe('money', () => {
  it('behavior: fifty requests of one payer run in parallel and the books are exact', async () => {
    const before = await balance()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        openai.chat.completions.create({ model, messages, max_tokens: 16 }).withResponse(),
      ),
    )
    expect(answers.every(({ data }) => data.choices[0]?.message.content === 'four words are written')).toBe(true)
    const after = await balance()
    expect(after.spent - before.spent).toBe(50n * 115n)
    expect(after.channels.every(({ inFlight }) => inFlight === 0)).toBe(true)
    expect(after.free + after.locked + after.spent).toBe(10_000_000n)
    const { receipts } = GatewayWire.Receipts.parse(await get('/v1/receipts?limit=1000'))
    const spent = receipts.reduce((sum, { receipt }) => sum + receipt.fee, 0n)
    expect(spent).toBe(after.spent)
    expect(new Set(receipts.map(({ receipt }) => `${receipt.channelId}/${receipt.seq}`)).size).toBe(receipts.length)
  })

  it('behavior: receipts come in pages', async () => {
    const all = GatewayWire.Receipts.parse(await get('/v1/receipts?limit=1000')).receipts.map(({ jobId }) => jobId)
    const paged: string[] = []
    for (let since: number | null = 0; since !== null; ) {
      const page: GatewayWire.Receipts = GatewayWire.Receipts.parse(await get(`/v1/receipts?limit=7&since=${since}`))
      paged.push(...page.receipts.map(({ jobId }) => jobId))
      since = page.next
    }
    expect(paged.toSorted()).toEqual(all.toSorted())
  })

  it('behavior: a quote is the most a request can cost', async () => {
    const quote = GatewayWire.QuoteResult.parse(
      await (await post('/v1/quote', { model, messages, max_tokens: 16 })).json(),
    )
    expect(quote).toMatchObject({ model, task: 'text-generation', units: { out: 16n } })
    expect(quote.maxFee).toBe(Price.fee(quote.offer, quote.units))
    expect(quote.maxFee).toBeGreaterThan(115n)
    expect(NativeSigner.recover(Offer.digest(network.separator, quote.offer), quote.signature)).toBe(
      quote.offer.provider,
    )
  })

  it('behavior: idle channels are settled and what is left is free again, and can be withdrawn', async () => {
    const before = await balance()
    const result = GatewayWire.ReleaseResult.parse(await (await post('/v1/channels/release', {}, authorized())).json())
    expect(result).toMatchObject({ kept: [], released: [{ spent: before.spent, released: before.locked }] })
    expect(await balance()).toMatchObject({ free: before.free + before.locked, locked: 0n, channels: [] })
    const again = await openai.chat.completions.create({ model, messages, max_tokens: 16 })
    expect(again.choices[0]?.message.content).toBe('four words are written')
    expect((await balance()).channels).toMatchObject([{ lane: 1, spent: 115n }])
  })

  it('error: 402 says what is missing and shows the last voucher and receipt', async () => {
    const poor = network.session('bob', { amount: 1_000n, cap: 10_000n })
    await post('/v1/sessions', poor.body)
    const ask = (max_tokens: number) =>
      post('/v1/chat/completions', { model, messages, max_tokens }, { authorization: `Bearer ${poor.apiKey}` })
    expect((await ask(16)).status).toBe(200)
    const refused = await ask(512)
    const body = (await refused.json()) as { error: { code: string; dehug: { details: unknown } } }
    expect({ status: refused.status, code: body.error.code }).toEqual({ status: 402, code: 'insufficient_balance' })
    const details = GatewayWire.PaymentDetails.parse(body.error.dehug.details)
    expect(details).toMatchObject({
      limit: 'balance',
      payer: poor.session.payer,
      lastReceipt: { receipt: { spent: 115n } },
    })
    expect(details.lastVoucher?.voucher.ceiling).toBeGreaterThanOrEqual(115n)
    expect(details.shortfall).toBeGreaterThan(0n)
    expect((await ask(16)).status).toBe(200)
  })

  it('error: 402 at the cap of the key, whatever the balance', async () => {
    const capped = network.session('alice', { amount: 1_000_000n, cap: 500n })
    await post('/v1/sessions', capped.body)
    const refused = await post(
      '/v1/chat/completions',
      { model, messages, max_tokens: 500 },
      { authorization: `Bearer ${capped.apiKey}` },
    )
    expect(await refused.json()).toMatchObject({
      error: { code: 'over_cap', dehug: { details: { limit: 'cap', capLeft: '500' } } },
    })
  })

  it('error: a key that is limited to other models', async () => {
    const { Merkle } = await import('../core/index.ts')
    const models = [1n, 2n]
    const modelsRoot = Merkle.root(models.map(Merkle.modelLeaf))
    const limited = network.session('bob', { amount: 100_000n, modelsRoot, models })
    expect((await post('/v1/sessions', { ...limited.body, models: ['5'] })).status).toBe(400)
    await post('/v1/sessions', limited.body)
    const refused = await post(
      '/v1/chat/completions',
      { model, messages },
      { authorization: `Bearer ${limited.apiKey}` },
    )
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 403,
      body: { error: { code: 'model_not_allowed' } },
    })
  })

  it('error: a key that was revoked', async () => {
    const { Calls } = await import('../chain/index.ts')
    const { Revoke } = await import('../core/index.ts')
    const session = network.session('bob', { amount: 100_000n })
    await post('/v1/sessions', session.body)
    const ask = () =>
      post('/v1/chat/completions', { model, messages, max_tokens: 16 }, { authorization: `Bearer ${session.apiKey}` })
    expect((await ask()).status).toBe(200)
    const revoke = { session: session.sessionId, deadline: session.session.expiry }
    const signature = NativeSigner.from(network.keyOf('bob').privateKey).sign(Revoke.digest(network.separator, revoke))
    await network.relayer.send(Calls.revokeBySig(network.deployment, revoke, signature), { account: 'test' })
    await until(async () => (await ask()).status === 401)
    expect(await (await ask()).json()).toMatchObject({ error: { code: 'session_revoked' } })
    const headers = { authorization: `Bearer ${session.apiKey}` }
    const left = await fetch(`${url}/v1/balance`, { headers })
    const { limit, spent } = GatewayWire.Balance.parse(await left.json())
    expect(limit.revoked).toBe(true)
    const { released } = GatewayWire.ReleaseResult.parse(await (await post('/v1/channels/release', {}, headers)).json())
    expect(released).toMatchObject([{ spent }])
  })

  it('error: a deposit that is replayed opens nothing twice, and a forged one nothing at all', async () => {
    const session = network.session('bob', { amount: 1000n })
    expect(await (await post('/v1/sessions', session.body)).json()).toMatchObject({ tx: expect.stringMatching(/^0x/) })
    expect(await (await post('/v1/sessions', session.body)).json()).toMatchObject({ tx: null })
    const forged = network.session('bob', { amount: 1000n })
    const signature = Bytes.toHex(Bytes.fromHex(forged.body.signature).fill(7, 3, 9))
    const refused = await post('/v1/sessions', { ...forged.body, signature })
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(refused.status).toBeLessThan(500)
  })
})
