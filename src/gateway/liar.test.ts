import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Calls } from '../chain/index.ts'
import { Bytes, Domain, type Hex, Register, Unavailable, Voucher } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { type Lie, type Published, refused, startCaller, startLiar, text, zero } from './test-liar.ts'
import { startTestNetwork, type TestNetwork, until } from './testing.ts'

let network: TestNetwork
let published: Published

beforeAll(async () => {
  network = await startTestNetwork()
  published = await network.publish('dehug-tiny-chat')
})

const running: AsyncDisposable[] = []

afterEach(async () => {
  for (const one of running.splice(0)) await one[Symbol.asyncDispose]()
})

afterAll(async () => {
  await network?.stop()
})

/** A provider that lies, and a caller of a gateway that knows only it. */
async function liar(lie: Lie) {
  const provider = await startLiar(network, published, lie)
  const caller = await startCaller(network, [provider.url])
  running.push(caller.started, provider)
  return { ...provider, ...caller, providerUrl: provider.url }
}

type Liar = Awaited<ReturnType<typeof liar>>

/** After a falsehood the provider, or the address where it was told unsigned, gets no second voucher; the channel is closing. */
async function expectStopped(
  { ask, seen, gateway, provider, providerUrl }: Liar,
  subject: string = provider,
): Promise<void> {
  expect([provider, providerUrl].filter(gateway.bans.has)).toEqual([subject])
  await expect(ask()).rejects.toMatchObject({ status: 503, code: 'no_provider' })
  const channelId = seen[0]?.channelId as Hex
  await until(async () => (await network.chain.channel(channelId)).status === 'closing')
}

/** Several providers and a caller of a gateway that knows only them, the first the cheapest. */
async function crowd(...lies: Lie[]) {
  const providers = []
  for (const [at, lie] of lies.entries())
    providers.push(await startLiar(network, published, { offers: () => ({ priceCall: 100n + BigInt(at) }), ...lie }))
  const caller = await startCaller(
    network,
    providers.map(({ url }) => url),
  )
  running.push(caller.started, ...providers)
  return { providers, ...caller }
}

const fails: Lie = { receipt: (r) => ({ ...r, status: 2, fee: 0n, spent: r.spent - r.fee }) }

describe('an address on chain', () => {
  it('error: nobody speaks there for another provider', async () => {
    const impostor = await startLiar(network, published, {})
    running.push(impostor)
    const { relayer, keyOf } = network
    const signer = NativeSigner.from(keyOf('node-2').privateKey)
    const { chainId, contracts } = network.deployment
    const deadline = BigInt(Math.floor(Date.now() / 1000) + 3600)
    const register = { provider: signer.address, url: impostor.url, nonce: 0n, deadline }
    const separator = Domain.separator(Domain.providers(chainId, contracts.ProviderRegistry))
    const signature = signer.sign(Register.digest(separator, register))
    await relayer.send(Calls.register(network.deployment, register, signature), { account: signer.address })
    const started = await network.gateway()
    running.push(started)
    expect(await started.gateway.providers.list()).toEqual([])
    const named = await network.gateway({ providers: [impostor.url] })
    running.push(named)
    expect(await named.gateway.providers.list()).toHaveLength(1)
  })
})

describe('one provider after the other', () => {
  it('behavior: each that fails has ended a job of its own, so a key is never charged twice', async () => {
    const { providers, ask } = await crowd(fails, {})
    const first = await ask({ key: 'fail-over' })
    expect(first.choices[0]?.message.content).toBe(text)
    const [one, two] = providers.map(({ seen }) => seen[0]?.jobId)
    expect(one).not.toBe(two)
    expect((await ask({ key: 'fail-over' })).id).toBe(first.id)
    expect(providers.map(({ seen }) => seen.length)).toEqual([1, 1])
  })

  it('behavior: one whose book cannot be read is passed by', async () => {
    const { providers, ask } = await crowd({ refuse: () => refused('ceiling_too_low') }, {})
    expect((await ask()).choices[0]?.message.content).toBe(text)
    expect(providers.map(({ seen }) => seen.length)).toEqual([4, 1])
  })

  it('error: one with a new offer each time is asked at most twice', async () => {
    let jobSecs = 1
    const offers = () => ({ jobSecs: ++jobSecs })
    const { providers, ask } = await crowd({ offers, refuse: () => refused('offer_unknown', 409) })
    await expect(ask()).rejects.toMatchObject({ code: 'offer_unknown' })
    expect(providers[0]?.seen.length).toBe(2)
  })

  it('behavior: a job that may still be charged keeps its key', async () => {
    const { providers, ask } = await crowd({ withhold: 'before', later: () => refused('job_running', 503) }, {})
    await expect(ask({ key: 'kept' })).rejects.toMatchObject({ code: 'stream_broken' })
    await expect(ask({ key: 'kept' })).rejects.toMatchObject({ status: 502, code: 'receipt_withheld' })
    expect(providers.map(({ seen }) => seen.length)).toEqual([1, 0])
  })
})

describe('a lying provider', () => {
  it('behavior: an honest one of the same make is believed', async () => {
    const { ask } = await liar({})
    expect((await ask()).choices[0]?.message.content).toBe(text)
    expect((await ask()).choices[0]?.message.content).toBe(text)
  })

  const stranger = NativeSigner.from(Bytes.toHex(randomBytes(32)))
  const lies: [string, Lie, RegExp, 'key' | 'address'][] = [
    [
      'signs with another key',
      { receipt: (receipt) => receipt, sign: () => stranger.sign(zero) },
      /signature/,
      'address',
    ],
    ['sends no signature at all', { sign: () => `0x${'00'.repeat(65)}` }, /signature/, 'address'],
    [
      'charges above the quote',
      { receipt: (r) => ({ ...r, fee: r.fee + 10_000n, spent: r.spent + 10_000n }) },
      /above the quoted/,
      'key',
    ],
    [
      'charges above its units',
      { receipt: (r) => ({ ...r, fee: r.fee + 1n, spent: r.spent + 1n }) },
      /of its units/,
      'key',
    ],
    ['counts more units than were paid for', { receipt: (r) => ({ ...r, unitsOut: 17n }) }, /limits/, 'key'],
    [
      'answers something else than it signed',
      { answer: { kind: 'text', text: 'a cheaper answer', finishReason: 'stop' } },
      /answer hash/,
      'address',
    ],
    ['charges for a failure', { receipt: (r) => ({ ...r, status: 2 }) }, /failed/, 'key'],
    ['served another version', { receipt: (r) => ({ ...r, versionRoot: zero }) }, /version/, 'key'],
    ['signs for another job', { receipt: (r) => ({ ...r, jobId: zero }) }, /another job/, 'address'],
    ['signs for another channel', { receipt: (r) => ({ ...r, channelId: zero }) }, /another channel/, 'address'],
    ['signs for another request', { receipt: (r) => ({ ...r, context: zero }) }, /context/, 'address'],
    [
      'adds more to the total than the fee',
      { receipt: (r) => ({ ...r, spent: r.spent + 1_000_000n }) },
      /above every signed ceiling/,
      'key',
    ],
  ]

  it.each(lies)('error: it %s', async (_name, lie, reason, by) => {
    const caught = await liar(lie)
    await expect(caught.ask()).rejects.toMatchObject({ status: 502, message: expect.stringMatching(reason) })
    await expectStopped(caught, by === 'key' ? caught.provider : caught.providerUrl)
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
    await expectStopped(caught, caught.providerUrl)
  })

  it('error: a stream that asks for more money than the quote gets none', async () => {
    const { ask, seen, raised } = await liar({ ceilings: [20_000n, 30_000n] })
    for await (const _ of await ask({ stream: true }));
    expect(seen).toHaveLength(1)
    expect(raised).toEqual([])
  })

  it('error: an answer that cannot be read', async () => {
    const caught = await liar({ answer: { kind: 'song' } })
    await expect(caught.ask()).rejects.toMatchObject({ status: 502, code: 'receipt_mismatch' })
    await expectStopped(caught, caught.providerUrl)
  })

  it('error: a job that it has and never ends', async () => {
    const stillRunning = new Unavailable('Still running.', { code: 'job_running' })
    const { ask, gateway, provider, providerUrl } = await liar({ withhold: 'before', later: () => stillRunning })
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'stream_broken' })
    const { now } = gateway
    Object.assign(gateway, { now: () => now() + 60_000 })
    await Promise.all(gateway.collecting)
    expect([provider, providerUrl].map(gateway.bans.has)).toEqual([false, true])
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'no_provider' })
  })

  it('error: receipts that cannot be read, while the job is asked for again', async () => {
    const { ask } = await liar({ withhold: 'before', later: () => ({ receipt: 7 }) })
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'stream_broken' })
  })

  it('error: it pretends that money is reserved, and gets no higher vouchers for it', async () => {
    const { ask, seen } = await liar({
      refuse: (_, count) => (count > 1 ? refused('ceiling_too_low') : undefined),
      channel: (jobs) => {
        const { channelId, voucher, voucherSignature } = jobs.at(-1) as (typeof jobs)[0]
        const lastVoucher = { voucher: Voucher.serialize(voucher), signature: voucherSignature }
        const sums = { locked: 50_000n, claimed: 0n, spent: 0n, reserved: 10n ** 12n, seq: 0n }
        return { channelId, state: 'open', ...sums, lastVoucher, lastReceipt: null }
      },
    })
    await ask()
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'books_differ' })
    const ceilings = seen.slice(1).map(({ voucher }) => voucher.ceiling)
    expect(new Set(ceilings).size).toBe(1)
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
    ).rejects.toMatchObject({ code: 'stream_broken' })
    expect(seen).toHaveLength(1)
  })
})
