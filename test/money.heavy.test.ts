import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Chain, DevKeys } from '../src/chain/index.ts'
import { screen } from '../src/cli/testing.ts'
import { Batch, Bytes, Cid, Domain, Receipt } from '../src/core/index.ts'
import { Ledger } from '../src/sdk/index.ts'
import { DiskStore, gatewayPlugin } from '../src/store/index.ts'
import { assertExactBooks, assertReceiptsAreBooks, type ChannelRecord, total } from './books.ts'
import { startNetwork, type TestNetwork } from './network.ts'
import { withKey } from './raw-payer.ts'

const chat = 'dehug/dehug-tiny-chat'
const embed = 'dehug/dehug-embed'
const payers = ['alice', 'bob'] as const

let network: TestNetwork
let chain: Chain.Chain
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-money-'))
  network = await startNetwork({ models: ['dehug-tiny-chat', 'dehug-embed'], workers: 2 })
  chain = (await Ledger.open(network.client('alice').connection)).chain
}, 300_000)
afterAll(async () => {
  await network?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

type Kind = 'whole' | 'stream' | 'embed' | 'left stream' | 'left whole' | 'twin'

/** 50 requests; each twin is sent twice at once under one key. */
const kinds: Kind[] = [
  ...Array<Kind>(10).fill('whole'),
  ...Array<Kind>(10).fill('stream'),
  ...Array<Kind>(8).fill('embed'),
  ...Array<Kind>(6).fill('left stream'),
  ...Array<Kind>(6).fill('left whole'),
  ...Array<Kind>(5).fill('twin'),
]

type Paid = { url: string; text: string }

const messagesOf = (i: number) => [{ role: 'user', content: `Tell me a story about dog number ${i}.` }]

/** Sends until a provider has room; what is thrown is a failure of the story. */
async function ask(apiKey: string, path: string, body: object, more: { signal?: AbortSignal; key?: string } = {}) {
  for (;;) {
    const answer = await fetch(`${network.gateway}/v1/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${apiKey}`,
        ...(more.key ? { 'idempotency-key': more.key } : {}),
      },
      body: JSON.stringify(body),
      ...(more.signal ? { signal: more.signal } : {}),
    })
    if (answer.ok) return answer
    const text = await answer.text()
    if (answer.status !== 503) throw new Error(`${answer.status} ${text}`)
    await new Promise((done) => setTimeout(done, 250))
  }
}

async function paid(answer: Response): Promise<Paid> {
  const text = await answer.text()
  expect(text).not.toContain('"error"')
  return { url: answer.headers.get('x-dehug-receipt') as string, text }
}

async function request(apiKey: string, kind: Kind, i: number): Promise<Paid[]> {
  const body = { model: chat, messages: messagesOf(i), max_tokens: 12 + i, temperature: 0 }
  if (kind === 'embed')
    return [await paid(await ask(apiKey, 'embeddings', { model: embed, input: [`dog ${i}`, 'cat'] }))]
  if (kind === 'whole') return [await paid(await ask(apiKey, 'chat/completions', body))]
  if (kind === 'stream') return [await paid(await ask(apiKey, 'chat/completions', { ...body, stream: true }))]
  if (kind === 'twin') {
    const twins = [0, 1].map(async () => paid(await ask(apiKey, 'chat/completions', body, { key: `twin-${i}` })))
    return Promise.all(twins)
  }
  const leaving = new AbortController()
  const { signal } = leaving
  const answer = ask(
    apiKey,
    'chat/completions',
    { ...body, max_tokens: 300, stream: kind === 'left stream' },
    { signal },
  )
  if (kind === 'left stream') await (await answer).body?.getReader().read()
  else await Promise.race([answer, new Promise((done) => setTimeout(done, i * 15))]).catch(() => {})
  leaving.abort()
  await answer
    .then(
      (one) => one.body?.cancel(),
      () => {},
    )
    .catch(() => {})
  return []
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 200))
}

const clients = () => payers.map((name) => network.client(name))
let records: ChannelRecord[]

test('behavior: 50 requests each of two payers over two models and two providers leave exact books', async () => {
  const all = await Promise.all(
    payers.map((name) => {
      const apiKey = network.account(name).apiKey as string
      return Promise.all(kinds.map((kind, i) => request(apiKey, kind, i)))
    }),
  )
  const answers = all.flat(2)
  expect(answers).toHaveLength(payers.length * (10 + 10 + 8 + 10))
  for (const twins of all.flatMap((of) => of.filter((_, i) => kinds[i] === 'twin'))) {
    expect(new Set(twins.map(({ url }) => url)).size).toBe(1)
  }
  for (const client of clients()) {
    await until(async () => (await client.balance()).channels.every(({ inFlight }) => inFlight === 0))
  }

  records = await assertReceiptsAreBooks(clients())
  const receipts = records.flatMap((record) => record.receipts)
  const jobs = new Set(receipts.map(({ jobId }) => jobId))
  for (const { url } of answers) expect(jobs).toContain(url.split('/').at(-1))
  // Whatever is not the receipt of an answer that arrived is of a caller who left, or cost nothing.
  const arrived = new Set(answers.map(({ url }) => url.split('/').at(-1)))
  expect(arrived.size).toBe(payers.length * (10 + 10 + 8 + 5))
  const others = receipts.filter(({ jobId, receipt }) => !arrived.has(jobId) && receipt.fee > 0n)
  expect(others.length).toBeLessThanOrEqual(payers.length * (6 + 6))
  for (const { receipt } of others) expect([Receipt.Status.ok, Receipt.Status.aborted]).toContain(receipt.status)
  expect(new Set(records.map(({ provider }) => provider)).size).toBe(2)
}, 400_000)

test('behavior: when everything is released, all that was paid in is somewhere, to the unit', async () => {
  for (const client of clients()) expect((await client.release()).kept).toEqual([])
  const books = await assertExactBooks(chain)
  expect(books.locked).toBe(0n)
  expect(books.claimed).toBe(total(records.map(({ spent }) => spent)))
  expect(books.free + books.providers + books.protocol + books.creators + books.holders).toBe(books.deposited)
  expect(books.deposited).toBe(400_000_000n)
  records = await assertReceiptsAreBooks(clients())
}, 120_000)

test('behavior: a payer with little money gets as much as it lasts for, however much is asked at once', async () => {
  const money = 6_000n
  const { client, apiKey } = await withKey(network, 'node-2', money)
  const calls = Array.from({ length: 40 }, async (_, i) => {
    const text = { model: chat, messages: messagesOf(i), max_tokens: 24, temperature: 0, stream: i % 3 === 0 }
    const [path, body] = i % 4 === 3 ? ['embeddings', { model: embed, input: `dog ${i}` }] : ['chat/completions', text]
    const answer = await ask(apiKey, path as string, body as object).catch((error: Error) => error.message)
    if (typeof answer === 'string') return answer.slice(0, 3)
    await answer.text()
    return 'paid'
  })
  const outcomes = await Promise.all(calls)
  expect(new Set(outcomes)).toEqual(new Set(['paid', '402']))
  await until(async () => (await client.balance()).channels.every(({ inFlight }) => inFlight === 0))
  const channels = await assertReceiptsAreBooks([client])
  const spent = total(channels.map((channel) => channel.spent))
  expect(spent).toBeLessThanOrEqual(money)
  expect((await client.release()).kept).toEqual([])
  const books = await assertExactBooks(chain)
  expect(await chain.free(DevKeys.get('node-2', 31337).address)).toBe(money - spent - books.locked)
}, 200_000)

test('behavior: releasing while requests come in costs nobody a request or a unit', async () => {
  const { client, apiKey } = await withKey(network, 'carol', 500_000n)
  let asking = true
  const requests = Array.from({ length: 6 }, async (_, lane) => {
    for (let i = 0; i < 6; i += 1) {
      const body = { model: chat, messages: messagesOf(i), max_tokens: 6, temperature: 0, stream: lane % 2 === 0 }
      await paid(await ask(apiKey, 'chat/completions', body))
    }
  })
  const releasing = (async () => {
    const released: string[] = []
    while (asking) released.push(...(await client.release()).released.map(({ channelId }) => channelId))
    return released
  })()
  await Promise.all(requests)
  asking = false
  const released = await releasing
  expect(released.length).toBeGreaterThan(0)
  expect(new Set(released).size).toBe(released.length)
  expect((await client.release()).kept).toEqual([])
  const channels = await assertReceiptsAreBooks([client])
  expect(channels.flatMap(({ receipts }) => receipts).filter(({ receipt }) => receipt.fee > 0n)).toHaveLength(36)
  await assertExactBooks(chain)
}, 200_000)

const audit = (...args: string[]) =>
  screen(['audit', ...args], { env: { DEHUG_ENDPOINT: network.hub, DEHUG_RPC_URL: network.rpcUrl } })

test('behavior: the audit finds nothing, and writes the same bytes each time', async () => {
  const block = `${await chain.blockNumber()}`
  const files = ['one', 'two'].map((name) => join(folder, name))
  for (const file of files) {
    const { exitCode, stdout, stderr } = await audit('--to-block', block, '--out', file)
    expect(exitCode, stdout + stderr).toBe(0)
    expect(stdout).toContain('No difference.')
  }
  const [one, two] = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  expect(two).toBe(one)
  const lines = one!
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  // Whoever holds a receipt and its salt finds it there, and with it how it was charged.
  const entries = new Map(lines.filter(({ kind }) => kind === 'receipt').map((entry) => [entry.tag, entry]))
  const { chainId, contracts } = chain.deployment
  const domain = Domain.separator(Domain.usage(chainId, contracts.UsageController))
  for (const { receipt, salt, offer } of records.flatMap(({ receipts }) => receipts)) {
    const receiptDigest = Receipt.digest(domain, receipt)
    const { tag, commit, fee, modelId } = Batch.entryOf(receipt, { modelId: offer.modelId, salt, receiptDigest })
    expect(entries.get(tag)).toMatchObject({ commit, fee: `${fee}`, modelId: `${modelId}` })
  }
}, 120_000)

test('error: one unit changed in the store, or by a gateway that lies', async () => {
  const cids: string[] = []
  for await (const events of chain.events({ contracts: ['UsageController'], names: ['BatchPosted'] })) {
    for (const { args } of events) cids.push(Cid.toString(Cid.fromBytes(Bytes.fromHex(args.batchCid))))
  }
  const places = await readdir(join(network.home, 'store'), { recursive: true })
  const blobs = await Promise.all(
    cids.map(async (cid) => {
      const path = join(network.home, 'store', places.find((place) => place.includes('files') && place.endsWith(cid))!)
      return { path, honest: await readFile(path, 'utf8') }
    }),
  )
  const target = blobs.find(({ honest }) => /"fee":"[1-8]/.test(honest))!
  const lie = (text: string) => text.replace(/"fee":"([1-8])/, (_, digit) => `"fee":"${Number(digit) + 1}`)
  await using liar = await gateway((text) => lie(text))
  expect((await audit('--source', liar.url)).exitCode).toBe(0)
  expect(liar.served).toBeGreaterThan(0)
  await using store = await DiskStore.open({ dir: join(folder, 'mirror') })
  for (const { honest } of blobs) await store.put(Bytes.utf8(honest))
  const mirror = Fastify()
  await mirror.register(gatewayPlugin(store))
  const mirrorUrl = await mirror.listen({ host: '127.0.0.1', port: 0 })

  await chmod(target.path, 0o644)
  await writeFile(target.path, lie(target.honest))
  for (const sources of [[], ['--source', liar.url]]) {
    const { exitCode, stdout } = await audit(...sources)
    expect(exitCode).toBe(3)
    expect(stdout).toContain('batch_unreadable')
  }
  expect((await audit('--source', mirrorUrl)).exitCode).toBe(0)
  await mirror.close()
  await writeFile(target.path, target.honest)
  expect((await audit()).exitCode).toBe(0)
}, 120_000)

/** Another gateway in front of the network's own, which changes what it passes on. */
async function gateway(change: (text: string) => string) {
  const app = Fastify()
  const state = { url: '', served: 0, [Symbol.asyncDispose]: () => app.close() }
  app.get('/ipfs/*', async (request, reply) => {
    const accept = request.headers.accept ?? '*/*'
    const answer = await fetch(`${network.gateway}${request.url}`, { headers: { accept } })
    const text = Buffer.from(await answer.arrayBuffer()).toString('latin1')
    state.served += 1
    const type = answer.headers.get('content-type') ?? 'application/octet-stream'
    return reply
      .code(answer.status)
      .type(type)
      .send(Buffer.from(change(text), 'latin1'))
  })
  state.url = await app.listen({ host: '127.0.0.1', port: 0 })
  return state
}
