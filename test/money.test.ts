import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Call, Calls, DevKeys, type Relayer } from '../src/chain/index.ts'
import { screen } from '../src/cli/testing.ts'
import {
  Claim,
  Domain,
  type Hex,
  Price,
  Publish,
  Receipt,
  RepoId,
  Revoke,
  SetTerms,
  Split,
  Voucher,
} from '../src/core/index.ts'
import { type Client, Ledger, PortableSigner } from '../src/sdk/index.ts'
import { audit } from '../src/settle/index.ts'
import { GatewayWire, type ProviderWire } from '../src/wire/index.ts'
import { assertExactBooks, assertReceiptsAreBooks, total } from './books.ts'
import { startNetwork, type TestNetwork } from './network.ts'
import { type RawPayer, rawPayer, relayerOf, rpc, withKey } from './raw-payer.ts'

const repo = 'dehug/dehug-tiny-chat'
const modelId = RepoId.modelId(RepoId.parse(repo))
const messages = [{ role: 'user' as const, content: 'What is DeHug?' }]

let network: TestNetwork
let chain: RawPayer['chain']
let domain: Hex
let payer: RawPayer
/** Pays gas for whatever is signed in these stories. */
let relayer: Relayer.Relayer
const send = (call: Parameters<Relayer.Relayer['send']>[0]) => relayer.send(call, { account: 'story' })

beforeAll(async () => {
  network = await startNetwork({ models: ['dehug-tiny-chat'] })
  chain = (await Ledger.open(network.client('alice').connection)).chain
  relayer = await relayerOf(chain, 'auditor')
  payer = await rawPayer(network, send, { name: 'carol', amountMicroUsdc: 1_000_000n })
  domain = payer.domain
})
afterAll(async () => {
  await relayer?.stop()
  await network?.stop()
})

const clients: Client.Client[] = []
const funded = async (...of: [DevKeys.DevName, bigint, bigint]) => {
  const made = await withKey(network, ...of)
  clients.push(made.client)
  return made
}

const complete = (apiKey: string, more: object = {}) =>
  fetch(`${network.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model: repo, messages, max_tokens: 24, temperature: 0, ...more }),
  })

/** Waits for what only the network can say. */
async function until<T>(read: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await read()
    if (found) return found
    await new Promise((done) => setTimeout(done, 100))
  }
}

describe('a payer out of funds', () => {
  test('behavior: 402 says what is missing and proves where things stand; after a top-up it goes on', async () => {
    const { client, apiKey, key } = await funded('node-2', 1_500n, 1_000_000n)
    let answer = await complete(apiKey)
    let spent = 0n
    for (; answer.ok; answer = await complete(apiKey)) spent += BigInt(answer.headers.get('x-dehug-fee') ?? '0')
    expect(spent).toBeGreaterThan(0n)
    expect(answer.status).toBe(402)
    const { error } = await answer.json()
    expect(error).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_balance' })
    const details = GatewayWire.PaymentDetails.parse(error.dehug.details)
    expect(details).toMatchObject({ limit: 'balance', free: 0n, shortfall: spent + details.maxFee - 1_500n })
    const { lastVoucher, lastReceipt } = details
    expect(lastReceipt?.receipt.spent).toBe(spent)
    expect(lastVoucher?.voucher).toMatchObject({ channelId: details.channelId })
    expect(PortableSigner.recover(Voucher.digest(domain, lastVoucher!.voucher), lastVoucher!.signature)).toBe(key)
    expect(PortableSigner.recover(Receipt.digest(domain, lastReceipt!.receipt), lastReceipt!.signature)).toBe(
      payer.provider,
    )

    await client.fund({ apiKey, amountMicroUsdc: details.shortfall, capMicroUsdc: 1_000_000n })
    expect((await complete(apiKey)).status).toBe(200)
  })

  test('behavior: a stream whose money ends while it runs ends cleanly and costs what was written', async () => {
    const { client, apiKey } = await funded('bob', 0n, 1_100n)
    const pieces: string[] = []
    const answer = await client.chat({
      model: repo,
      messages: [{ role: 'user', content: 'Tell me a long story about a dog.' }],
      maxTokens: 400,
      onText: (text) => pieces.push(text),
    })
    expect(answer.finishReason).toBe('length')
    expect(answer.text).toBe(pieces.join(''))
    const { receipt, offer, checks } = answer.receipt!
    expect(checks).toContain('answer hash')
    expect(receipt).toMatchObject({ status: Receipt.Status.ceiling, unitsOut: BigInt(answer.tokensOut) })
    expect(receipt.fee).toBe(Price.fee(offer, { in: receipt.unitsIn, out: receipt.unitsOut, ms: receipt.unitsMs }))
    expect(receipt.fee).toBeLessThanOrEqual(1_100n)
    expect(await (await complete(apiKey)).json()).toMatchObject({ error: { code: 'over_cap' } })
  })

  test('behavior: a caller who left while its key was being looked up pays nothing', async () => {
    const { client, apiKey } = await funded('bob', 0n, 50_000n)
    const { host, port } = new URL(network.gateway)
    const body = JSON.stringify({ model: repo, messages, max_tokens: 64, stream: true })
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n`
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.end(`${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await once(socket, 'close')
    await complete(apiKey)
    await until(async () => (await client.balance()).channels.every(({ inFlight }) => inFlight === 0))
    const fees = (await client.receipts()).map(({ receipt }) => receipt.fee)
    expect(fees.filter((fee) => fee > 0n)).toHaveLength(1)
  })

  test('behavior: the key of a stream that was left gives what was written and paid for, said to be cut short', async () => {
    const { client } = await funded('bob', 0n, 50_000n)
    const ask = { model: repo, messages: [{ role: 'user' as const, content: 'Tell me a story.' }], maxTokens: 300 }
    const leave = async (idempotencyKey: string) => {
      const leaving = new AbortController()
      const { signal } = leaving
      const left = client.chat({ ...ask, idempotencyKey, signal, onText: () => leaving.abort() })
      await expect(left).rejects.toThrow()
      return client.chat({ ...ask, idempotencyKey })
    }
    // A model that is faster than the news of it has written everything.
    let again = await leave('left')
    for (let i = 2; again.receipt?.receipt.status === Receipt.Status.ok; i += 1) again = await leave(`left-${i}`)
    const whole = await client.chat({ ...ask, idempotencyKey: 'whole' })
    expect(again.receipt?.receipt.status).toBe(Receipt.Status.aborted)
    expect(again).toMatchObject({ finishReason: 'length' })
    expect(again.tokensOut).toBeLessThan(whole.tokensOut)
    expect(whole.text.startsWith(again.text)).toBe(true)
  })
})

describe('the NFT is sold while a channel is open', () => {
  const bob = PortableSigner.from(DevKeys.get('bob', 31337).privateKey)
  const dehug = PortableSigner.from(DevKeys.get('dehug', 31337).privateKey)
  const registryDomain = () => Domain.separator(Domain.registry(31337, chain.deployment.contracts.ModelRegistry))

  test('behavior: terms stay, the holder of the claim’s block is credited, creators are not touched', async () => {
    const alice = network.client('alice')
    const before = {
      bob: await chain.revenue.creditOf(bob.address),
      dehug: await chain.revenue.creditOf(dehug.address),
    }
    const first = await alice.chat({ model: repo, messages, maxTokens: 24 })
    await using seller = await relayerOf(chain, 'dehug')
    const sale = Calls.transferModel(chain.deployment, dehug.address, bob.address, modelId)
    await seller.send(sale, { account: 'seller' })
    const terms = { modelId, creatorBps: 5_000, termsHash: `0x${'00'.repeat(32)}` as Hex, ownerEpoch: 1n }
    const message = { ...terms, nonce: 0n, deadline: (await chain.now()) + 600n }
    const signature = (await bob.sign(SetTerms.digest(registryDomain(), message))) as Hex
    await send(Calls.setTerms(chain.deployment, message, signature))

    const second = await alice.chat({ model: repo, messages, maxTokens: 24, idempotencyKey: 'after-the-sale' })
    const channelId = first.receipt!.receipt.channelId
    expect(second.receipt?.receipt.channelId).toBe(channelId)
    const [released] = (await alice.release({ channelId })).released
    const spent = first.feeMicroUsdc + second.feeMicroUsdc
    expect(released).toMatchObject({ spent })
    expect(await chain.channel(channelId)).toMatchObject({ creatorBps: 2_000, claimed: spent })
    const { creators, holder } = Split.ofModel((spent * 2_000n) / 10_000n, 5_000)
    expect(await chain.revenue.creditOf(bob.address)).toBe(before.bob + holder)
    expect(await chain.revenue.creditOf(dehug.address)).toBe(before.dehug + creators)

    const third = await alice.chat({ model: repo, messages, maxTokens: 24, idempotencyKey: 'new-terms' })
    expect(await chain.channel(third.receipt!.receipt.channelId)).toMatchObject({ creatorBps: 5_000 })
    expect(third.receipt?.receipt.channelId).not.toBe(channelId)
  })

  test('error: what the former holder signs is refused, whatever epoch it names', async () => {
    const { head } = await chain.model(modelId)
    const { manifestCid, fileCount } = await chain.version(modelId, head)
    for (const ownerEpoch of [0n, 1n]) {
      const version = { repo: `model:${repo}`, manifestCid, root: `0x${'ab'.repeat(32)}` as Hex, fileCount }
      const publish: Publish.Publish = { ...version, parent: head, ownerEpoch }
      const signature = (await dehug.sign(Publish.digest(registryDomain(), publish))) as Hex
      await expect(send(Calls.publish(chain.deployment, publish, signature))).rejects.toMatchObject({
        name: 'ContractRefusal',
        status: 403,
      })
    }
    expect(await chain.model(modelId)).toMatchObject({ head, versions: 1n, owner: bob.address, ownerEpoch: 1n })
  })
})

describe('a payer who cheats the provider', () => {
  test('error: vouchers that do not pay for the job', async () => {
    const [lane, other] = [await payer.lock(10_000n), await payer.lock(10_000n)]
    const good = payer.job(lane, { text: 'Hello', key: 'cheat' })
    const { voucher } = good
    const run = (change: Partial<ProviderWire.JobBody>) => payer.run({ ...good, ...change })
    const signed = (change: Partial<Voucher.Voucher>) => {
      const changed = { ...voucher, ...change }
      return { voucher: changed, voucherSignature: payer.sign(changed) }
    }
    const controller = chain.deployment.contracts.UsageController
    const foreign = (chainId: number, at: Hex) =>
      payer.sign(voucher, payer.key, Domain.separator(Domain.usage(chainId, at)))
    expect(await run(signed({ ceiling: voucher.ceiling - 1n }))).toBe('402 ceiling_too_low')
    expect(await run(signed({ ceiling: 10_001n }))).toBe('402 above_locked')
    expect(await run({ channelId: other.channelId })).toBe('403 bad_voucher')
    expect(await run({ voucherSignature: foreign(8453, controller) })).toBe('403 bad_voucher')
    expect(await run({ voucherSignature: foreign(31337, payer.provider) })).toBe('403 bad_voucher')
    expect(await run(signed({ context: good.jobId }))).toBe('403 bad_voucher')
    expect(await run({ salt: good.jobId })).toBe('403 bad_voucher')
    expect(await run({ ...signed({ channelId: other.channelId }), channelId: other.channelId })).toMatchObject({
      receipt: { channelId: other.channelId, seq: 1n },
    })
    expect(await payer.run(good)).toBe('409 other_terms')
    expect(await payer.book(lane.channelId)).toMatchObject({ spent: 0n, reserved: 0n, seq: 0n, lastVoucher: null })
  })

  test('error: ceilings that fall', async () => {
    const lane = await payer.lock(20_000n)
    expect(await payer.run(payer.job(lane, { text: 'One', key: 'falling 1' }))).toMatchObject({ receipt: { seq: 1n } })
    const high = lane.ceiling
    lane.ceiling = 0n // The next ceiling is the same again.
    expect(await payer.run(payer.job(lane, { text: 'Two', key: 'falling 2' }))).toBe('402 ceiling_too_low')
    lane.ceiling = high - 1n - Price.fee(payer.offer, { in: 200n, out: 8n, ms: 0n })
    expect(await payer.run(payer.job(lane, { text: 'Three', key: 'falling 3' }))).toBe('409 contradicting_voucher')
    expect(await payer.book(lane.channelId)).toMatchObject({
      seq: 1n,
      reserved: 0n,
      lastVoucher: { voucher: { n: 1n } },
    })
  })

  test('error: a session nobody opened', async () => {
    const unknown = `0x${'77'.repeat(32)}` as Hex
    await expect(payer.lock(1_000n, unknown)).rejects.toMatchObject({ name: 'ContractRefusal' })
    const lane = { channelId: payer.idOf(99, unknown), n: 0n, ceiling: 0n }
    expect(await payer.run(payer.job(lane, { text: 'Hello', key: 'unknown session' }))).toBe('404 unknown_channel')
  })

  test('error: a session whose time is over pays for nothing more, and what it spent is settled', async () => {
    const short = await rawPayer(network, send, { name: 'carol', amountMicroUsdc: 20_000n, expiresInSeconds: 4 })
    const lane = await short.lock(10_000n)
    const first = await short.run(short.job(lane, { text: 'In time', key: 'in time' }))
    expect(first).toMatchObject({ receipt: { seq: 1n } })
    const over = BigInt(short.session.expiry)
    await until(async () => (await chain.now()) > over && Date.now() / 1000 > Number(over))
    await expect(short.lock(1_000n)).rejects.toMatchObject({ name: 'ContractRefusal' })
    expect(await short.run(short.job(lane, { text: 'Too late', key: 'too late' }))).toBe('403 session_expired')
    expect(await complete(short.session.apiKey).then(({ status }) => status)).toBe(401)
    // Anybody may close it now, and the provider is paid within the window.
    await send(Calls.requestClose(chain.deployment, lane.channelId))
    const { spent } = (first as ProviderWire.JobResult).receipt
    await until(async () => (await chain.channel(lane.channelId)).claimed === spent)
  })

  test('behavior: a close requested while work is in flight costs the provider nothing', async () => {
    const lane = await payer.lock(10_000n)
    const body = payer.job(lane, {
      text: 'Tell me a long story about a dog.',
      key: 'closing',
      maxTokens: 300,
      stream: true,
    })
    const answer = await payer.start(body)
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    await reader.read()
    await payer.requestClose(lane.channelId)
    await until(async () => (await payer.book(lane.channelId)).state === 'closing' && true)
    let text = ''
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value
    expect(text).toContain('event: receipt')
    const { spent, reserved } = await payer.book(lane.channelId)
    expect(reserved).toBe(0n)
    expect(spent).toBeGreaterThan(0n)
    await until(async () => (await chain.channel(lane.channelId)).claimed === spent)
    expect(await payer.run(payer.job(lane, { text: 'More', key: 'after closing' }))).toBe('409 channel_not_open')
    expect(await chain.channel(lane.channelId)).toMatchObject({ status: 'closing' })
  })

  test('behavior: a job that the provider is still looking at is not denied, so that nobody else is asked and paid', async () => {
    const body = payer.job(await payer.lock(10_000n), { text: 'Hello', key: 'looked at' })
    const stateOf = async () => (await (await fetch(`${payer.url}/jobs/${body.jobId}`)).json()).code
    // The provider has to read the new channel from the chain, which does not answer.
    const anvil = Number(await readFile(join(network.home, 'run/anvil.pid'), 'utf8'))
    process.kill(anvil, 'SIGSTOP')
    try {
      const result = payer.run(body)
      await until(async () => (await stateOf()) !== 'unknown_job')
      expect(await stateOf()).toBe('job_running')
      process.kill(anvil, 'SIGCONT')
      expect(await result).toMatchObject({ receipt: { status: 0 } })
    } finally {
      process.kill(anvil, 'SIGCONT')
    }
  }, 10_000)

  test('error: a session that was revoked', async () => {
    const stolen = await rawPayer(network, send, { name: 'carol', amountMicroUsdc: 20_000n })
    const lane = await stolen.lock(10_000n)
    expect(await stolen.run(stolen.job(lane, { text: 'Before', key: 'before' }))).toMatchObject({
      receipt: { seq: 1n },
    })
    const revoke = { session: stolen.session.sessionId, deadline: (await chain.now()) + 600n }
    const carol = PortableSigner.from(DevKeys.get('carol', 31337).privateKey)
    await send(Calls.revokeBySig(chain.deployment, revoke, await carol.sign(Revoke.digest(domain, revoke))))
    let tries = 0
    const refusal = await until(async () => {
      tries += 1
      const result = await stolen.run(stolen.job(lane, { text: 'After', key: `after ${tries}`, maxTokens: 1 }))
      return typeof result === 'string' && result
    })
    expect(refusal).toBe('403 session_revoked')
    expect((await stolen.release(lane.channelId)).status).toBe(200)
  })

  test('behavior: code on the session key’s address (EIP-7702) changes nothing and does not run', async () => {
    // Returns ERC-1271's magic value to whoever asks.
    const yes = `0x7f1626ba7e${'00'.repeat(28)}5f5260205ff3` as Hex
    const delegate = `0x${'d1'.repeat(20)}` as Hex
    const designator = `0xef0100${delegate.slice(2)}`
    await rpc(network.rpcUrl, 'anvil_setCode', [delegate, yes])
    await rpc(network.rpcUrl, 'anvil_setCode', [payer.key.address, designator])
    expect(await rpc(network.rpcUrl, 'eth_getCode', [payer.key.address, 'latest'])).toBe(designator)

    const lane = await payer.lock(10_000n)
    const good = payer.job(lane, { text: 'Hello', key: 'delegated' })
    const byStranger = payer.sign(good.voucher, PortableSigner.from(PortableSigner.randomKey()))
    expect(await payer.run({ ...good, voucherSignature: byStranger })).toBe('403 bad_voucher')
    // A provider in league with the stranger gets nothing from the contract either, and the key's own signature counts.
    const node = PortableSigner.from(DevKeys.get('node-1', 31337).privateKey)
    const claim = { channelId: lane.channelId, seq: 1n, spent: good.voucher.ceiling, batchRoot: good.jobId }
    const claimSig = await node.sign(Claim.digest(domain, claim))
    const calls = [byStranger, good.voucherSignature].map((voucherSig) =>
      Calls.claim(chain.deployment, [{ claim, claimSig, voucher: good.voucher, voucherSig }], '0x'),
    )
    const [forged, honest] = await Promise.all(calls.map(traced))
    expect(forged?.events).toBe(1)
    expect(honest?.events).toBeGreaterThan(1)
    expect([...(forged?.called ?? []), ...(honest?.called ?? [])]).not.toContain(payer.key.address)
    await send(calls[0]!)
    expect(await chain.channel(lane.channelId)).toMatchObject({ claimed: 0n, seq: 0n })

    const paid = await payer.run(good)
    expect(paid).toMatchObject({ receipt: { status: 0, seq: 1n } })
    const { spent } = await (await payer.release(lane.channelId)).json()
    expect(spent).toBe(`${(paid as ProviderWire.JobResult).receipt.fee}`)
    await rpc(network.rpcUrl, 'anvil_setCode', [payer.key.address, '0x'])
  })

  type Frame = { to?: string; calls?: Frame[]; logs?: object[] }
  /** What a call would do: how many events, and whose code it runs. */
  const traced = async ({ to, data }: Call) => {
    const tracer = { tracer: 'callTracer', tracerConfig: { withLog: true } }
    const from = relayer.address
    const trace = await rpc<Frame>(network.rpcUrl, 'debug_traceCall', [{ from, to, data }, 'latest', tracer])
    const frames = (frame: Frame): Frame[] => [frame, ...(frame.calls ?? []).flatMap(frames)]
    const all = frames(trace)
    return { called: all.map((frame) => frame.to), events: all.flatMap(({ logs = [] }) => logs).length }
  }
})

test('behavior: after all this the books are exact, and the audit finds nothing', async () => {
  const everybody = [...clients, network.client('alice')]
  const channels = await assertReceiptsAreBooks(everybody)
  for (const client of everybody) expect((await client.release()).kept).toEqual([])
  const books = await assertExactBooks(chain)
  const { stdout, exitCode } = await screen(['audit', '--json'], {
    env: { DEHUG_ENDPOINT: network.hub, DEHUG_RPC_URL: network.rpcUrl },
  })
  expect(exitCode, stdout).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, totals: { claimed: `${books.claimed}` } })
  expect(books.claimed).toBeGreaterThanOrEqual(total(channels.map(({ claimed }) => claimed)))
})

test('behavior: when the window is over, anybody gives a payer back what was not claimed', async () => {
  const closing: Hex[] = []
  for await (const events of chain.events({ contracts: ['UsageController'], names: ['CloseRequested'] })) {
    for (const { args } of events) closing.push(args.channelId)
  }
  const left = await Promise.all(closing.map((channelId) => chain.channel(channelId)))
  const waiting = left.filter(({ status }) => status === 'closing')
  expect(waiting.length).toBeGreaterThanOrEqual(2)
  const carol = DevKeys.get('carol', 31337).address
  const free = await chain.free(carol)
  await expect(send(Calls.finalizeClose(chain.deployment, waiting[0]!.id))).rejects.toMatchObject({
    name: 'ContractRefusal',
  })
  await rpc(network.rpcUrl, 'evm_increaseTime', [(await chain.closeWindowSeconds()) + 1])
  await until(async () => (await chain.now()) > waiting[0]!.closeAt && (await chain.now()) > waiting.at(-1)!.closeAt)
  for (const { id } of waiting) await send(Calls.finalizeClose(chain.deployment, id))
  expect((await chain.free(carol)) - free).toBe(total(waiting.map(({ locked, claimed }) => locked - claimed)))
  const books = await assertExactBooks(chain)
  expect(await audit({ chain, sources: [network.gateway] })).toMatchObject({
    ok: true,
    totals: { claimed: books.claimed },
  })
})
