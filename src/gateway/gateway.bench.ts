import { readFileSync } from 'node:fs'
import { Agent } from 'undici'
import { Calls } from '../chain/index.ts'
import { ApiKey, Bytes, Channel, Hash, type Hex, Job, Lock, Offer, Price, Voucher } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { echoEngine, type GatewayChild, startGatewayChild, startTestNetwork, type TestNetwork } from './testing.ts'

type Row = { name: string; value: number; unit: string; note?: string }

const model = 'dehug/dehug-tiny-chat'
const messages = [{ role: 'user', content: 'What is the capital of France?' }]
const prices = { in: '1', out: '2', call: '0.0001' }
const lone = 500
const crowd = 3000
const atOnce = 32

/**
 * What a gateway costs around an engine that does nothing: its own CPU (a process of its own, Postgres and worker not
 * counted, once its code is compiled) and the time it adds to a call of the same worker with a voucher signed beforehand.
 */
export async function bench(): Promise<Row[]> {
  const network = await startTestNetwork()
  const agent = new Agent({ connections: 64 })
  try {
    await network.publish('dehug-tiny-chat')
    const worker = await network.worker([{ model, prices, maxIn: 2048, maxOut: 512 }], () => echoEngine('four'))
    const gateway = await startGatewayChild(network)
    const { apiKey } = await fund(network, gateway.url)
    const direct = await directCaller(network, worker.url, agent)
    const ask = (stream: boolean) => () => askGateway(agent, gateway.url, apiKey, stream)
    const rows: Row[] = []
    for (const stream of [false, true]) {
      await together(crowd, ask(stream))
      if (!stream) await direct.prepare(lone + 300)
      if (!stream) for (let i = 0; i < 300; i += 1) await direct.call()
      rows.push(...(await measure(stream ? 'SSE' : 'JSON', gateway, ask(stream), stream ? undefined : direct.call)))
    }
    gateway.process.kill()
    rows.push({
      name: 'one secp256k1 signature in the same run',
      value: signatureUs(),
      unit: 'µs',
      note: '36 on an idle core',
    })
    return rows.map((row) => ({ ...row, value: Number(row.value.toPrecision(3)) }))
  } finally {
    await agent.close()
    await network.stop()
  }
}

async function measure(
  kind: string,
  { process: child }: GatewayChild,
  ask: () => Promise<unknown>,
  direct: (() => Promise<unknown>) | undefined,
): Promise<Row[]> {
  const pid = child.pid as number
  const through: number[] = []
  const straight: number[] = []
  for (let i = 0; i < lone; i += 1) {
    through.push(await timed(ask))
    if (direct) straight.push(await timed(direct))
  }
  const before = cpuMs(pid)
  const startedAt = performance.now()
  await together(crowd, ask)
  const seconds = (performance.now() - startedAt) / 1000
  const cpuUs = ((cpuMs(pid) - before) / crowd) * 1000
  const lonelyBefore = cpuMs(pid)
  for (let i = 0; i < lone; i += 1) await ask()
  const lonelyUs = ((cpuMs(pid) - lonelyBefore) / lone) * 1000
  const note = `of ${lone}, one at a time`
  return [
    { name: `${kind}: gateway CPU a request, ${atOnce} at once`, value: cpuUs, unit: 'µs', note: `of ${crowd}` },
    { name: `${kind}: gateway CPU a request, one at a time`, value: lonelyUs, unit: 'µs', note },
    { name: `${kind}: rate, ${atOnce} at once`, value: crowd / seconds, unit: 'requests/s' },
    { name: `${kind}: through the gateway, p50`, value: median(through), unit: 'ms', note },
    ...(direct
      ? [
          { name: `${kind}: straight to the worker, p50`, value: median(straight), unit: 'ms', note },
          { name: `${kind}: added by the gateway, p50`, value: median(through) - median(straight), unit: 'ms' },
        ]
      : []),
  ]
}

/** So many calls, `atOnce` under way at any time. */
async function together(count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count
  const one = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

async function fund(network: TestNetwork, url: string) {
  const session = network.session('alice', { amount: 100_000_000n, cap: 100_000_000n })
  const response = await fetch(`${url}/v1/sessions`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(session.body) },
  })
  if (!response.ok) throw new Error(await response.text())
  return session
}

async function askGateway(agent: Agent, origin: string, apiKey: string, stream: boolean): Promise<string> {
  const response = await agent.request({
    ...{ origin, path: '/v1/chat/completions', method: 'POST' },
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model, messages, max_tokens: 64, stream }),
  })
  const text = await response.body.text()
  if (response.statusCode !== 200) throw new Error(text)
  return text
}

/** Calls the worker with a channel of its own and vouchers that were signed before. */
async function directCaller(network: TestNetwork, url: string, agent: Agent) {
  const { offers } = ProviderWire.Offers.parse(await (await fetch(`${url}/offers`)).json())
  const { offer } = offers[0] as ProviderWire.SignedOffer
  const session = network.session('bob', { amount: 50_000_000n, cap: 50_000_000n })
  const { deployment, relayer, separator } = network
  const { validAfter, validBefore, signature } = session.body
  const deposit = {
    ...{ session: session.session, amountMicroUsdc: 50_000_000n, signature },
    ...{ validAfter: BigInt(validAfter), validBefore: BigInt(validBefore) },
  }
  await relayer.send(Calls.depositWithSession(deployment, deposit), { account: 'bench' })
  const key = NativeSigner.from(ApiKey.sessionKey(session.apiKey))
  const terms = { session: session.sessionId, provider: offer.provider, modelId: offer.modelId, lane: 0 }
  const lock = { ...terms, add: 50_000_000n, maxCreatorBps: 9500, nonce: 1n, deadline: session.session.expiry }
  await relayer.send(Calls.lock(deployment, lock, [], key.sign(Lock.digest(separator, lock))), { account: 'bench' })
  const controller = deployment.contracts.UsageController
  const channelId = Channel.id({ chainId: deployment.chainId, controller, ...terms })
  const facts = { offer, offerHash: Offer.structHash(offer), channelId, payer: session.session.payer, key, separator }
  let n = 0n
  const bodies: string[] = []
  const call = async (): Promise<string> => {
    const body = bodies.pop() as string
    const headers = { 'content-type': 'application/json' }
    const response = await agent.request({ origin: url, path: '/jobs', method: 'POST', headers, body })
    const text = await response.body.text()
    if (response.statusCode !== 200) throw new Error(text)
    return text
  }
  const prepare = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) bodies.unshift(directJob(facts, ++n))
  }
  return { call, prepare }
}

type Facts = {
  offer: Offer.Offer
  offerHash: Hex
  channelId: Hex
  payer: Hex
  key: NativeSigner.NativeSigner
  separator: Hex
}

function directJob({ offer, offerHash, channelId, payer, key, separator }: Facts, n: bigint): string {
  const request = { task: 'text-generation', messages, maxTokens: 64, temperature: 1, topP: 1, stop: [] }
  const name = `bench ${n}`
  const salt = Hash.keccak256(Bytes.utf8(name))
  const jobId = Job.id(payer, name)
  const units = { in: 400n, out: 64n, ms: offer.maxMs }
  const context = Job.context(jobId, offerHash, Job.requestHash(salt, request))
  const voucher = { channelId, n, ceiling: n * Price.fee(offer, units), context }
  return ProviderWire.toJson({
    ...{ channelId, jobId, keyHash: Hash.keccak256(Bytes.utf8(name)), payer, offerHash, request, salt, stream: false },
    ...{ voucher: Voucher.serialize(voucher), voucherSignature: key.sign(Voucher.digest(separator, voucher)) },
    ...{ maxIn: units.in, maxOut: units.out, maxMs: units.ms },
  })
}

/** Tells how much slower than an idle machine this run was. */
function signatureUs(): number {
  const signer = NativeSigner.from(`0x${'11'.repeat(32)}`)
  const digest = Hash.keccak256(Bytes.utf8('x'))
  const before = process.cpuUsage()
  for (let i = 0; i < 5000; i += 1) signer.sign(digest)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 5000
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number

/** User and system time of a process; the kernel counts in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
