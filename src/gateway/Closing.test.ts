import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DevKeys } from '../chain/index.ts'
import type { Hex } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import type { Gateway } from './Gateway.ts'
import { echoEngine, startTestNetwork, type TestNetwork, until } from './testing.ts'

const model = 'dehug/dehug-tiny-chat'
const models = [{ model, prices: { in: '1', out: '2', call: '0.0001' }, maxIn: 2048, maxOut: 512 }]
const closeWindowSeconds = 24 * 3600 + 1

let network: TestNetwork

// Each moves the chain's clock.
beforeEach(async () => {
  network = await startTestNetwork()
  await network.publish('dehug-tiny-chat')
})

afterEach(async () => {
  await network?.stop()
})

/** A caller who has paid for one answer through a gateway that knows one provider. */
async function paidOnce(
  provider: DevKeys.DevName,
  claim: object,
  terms: { expiry?: bigint; closeConfirmSeconds?: number } = {},
) {
  const worker = await network.worker(models, () => echoEngine(), provider, { claim })
  const { closeConfirmSeconds, ...lasting } = terms
  const confirm = closeConfirmSeconds === undefined ? {} : { closeConfirmSeconds }
  const settings = {
    providers: [worker.url],
    closeMinimumMicroUsdc: '1',
    sessionIdleSeconds: 0,
    closeConfirmSeconds: 0,
    ...confirm,
  }
  const gateway = () => network.gateway(settings)
  const running = await gateway()
  const session = network.session('alice', { amount: 1_000_000n, ...lasting })
  const authorization = { authorization: `Bearer ${session.apiKey}`, 'content-type': 'application/json' }
  const post = (url: string, path: string, body: object) =>
    fetch(url + path, { method: 'POST', headers: authorization, body: JSON.stringify(body) })
  await post(running.url, '/v1/sessions', session.body)
  const openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: session.apiKey, maxRetries: 0 })
  const ask = () =>
    openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 16 })
  await ask()
  const balance = async (url: string) =>
    GatewayWire.Balance.parse(await (await fetch(`${url}/v1/balance`, { headers: authorization })).json())
  const release = async (url: string) =>
    GatewayWire.ReleaseResult.parse(await (await post(url, '/v1/channels/release', {})).json())
  const [channel] = (await balance(running.url)).channels
  const channelId = channel?.channelId as Hex
  const status = async () => (await network.chain.channel(channelId)).status
  return { ...{ worker, gateway, running, ask, balance, release, channelId, status }, payer: session.session.payer }
}

const passTime = async (seconds: number) => {
  for (const [method, params] of [
    ['evm_increaseTime', [seconds]],
    ['evm_mine', []],
  ])
    await network.chain.client.request({ method, params } as never)
}

/** Takes the next step without waiting until it is due. */
const sweepNow = async ({ pool, channels }: Gateway) => {
  await pool.query('update gateway.channels set close_due_at = now() where close_due_at is not null')
  await channels.sweep()
}

describe('a channel whose provider does not settle', () => {
  it('behavior: an unwilling one is closed by the chain, and what it did not claim is free again', async () => {
    const { running, release, status, balance, ask, channelId, payer } = await paidOnce('node-1', { minimum: '1' })
    const freeBefore = await network.chain.free(payer)
    const { kept, released } = await release(running.url)
    expect({ released, kept }).toEqual({
      released: [],
      kept: [{ channelId, reason: expect.stringMatching(/this provider closes channels from 1000000 .*on chain/) }],
    })
    expect((await balance(running.url)).channels).toMatchObject([{ channelId, state: 'retiring' }])
    await ask()
    expect((await balance(running.url)).channels).toContainEqual(expect.objectContaining({ lane: 1, state: 'open' }))
    const { locked } = await network.chain.channel(channelId)
    await until(async () => {
      await sweepNow(running.gateway)
      return (await status()) === 'closing'
    })
    await passTime(closeWindowSeconds)
    await sweepNow(running.gateway)
    expect(await status()).toBe('closed')
    const { channels } = await balance(running.url)
    expect(channels).toHaveLength(1)
    expect(await network.chain.free(payer)).toBe(freeBefore + locked - (channels[0]?.locked ?? 0n))
  })

  it('behavior: one that went away likewise, also by the gateway that is started afterwards', async () => {
    const { worker, gateway, running, release, status, balance } = await paidOnce('node-2', {})
    await worker[Symbol.asyncDispose]()
    expect((await release(running.url)).kept).toHaveLength(1)
    await running[Symbol.asyncDispose]()
    const next = await gateway()
    await until(async () => {
      await sweepNow(next.gateway)
      return (await status()) === 'closing'
    })
    await passTime(closeWindowSeconds)
    await sweepNow(next.gateway)
    expect(await status()).toBe('closed')
    expect((await balance(next.url)).channels).toEqual([])
  })
})

describe('a session that has ended', () => {
  it('behavior: its channels are closed without anybody asking', async () => {
    const expiry = (await network.chain.now()) + 1800n
    const { running, status } = await paidOnce('node-1', {}, { expiry })
    await running.gateway.channels.sweep()
    expect(await status()).toBe('open')
    await passTime(3600)
    await running.gateway.channels.sweep()
    expect(await status()).toBe('closing')
  })
})

describe('a chain that takes back what it said', () => {
  it('behavior: a channel whose closing is undone is not forgotten', async () => {
    const { running, release, status, balance } = await paidOnce('node-1', {}, { closeConfirmSeconds: 600 })
    const call = (method: string, params: unknown[]) => network.chain.client.request({ method, params } as never)
    const snapshot = await call('evm_snapshot', [])
    expect((await release(running.url)).released).toHaveLength(1)
    expect(await status()).toBe('closed')
    expect((await balance(running.url)).channels).toEqual([])
    await call('evm_revert', [snapshot])
    expect(await status()).toBe('open')
    // Its provider sees it within a minute, and is asked until then.
    await sweepNow(running.gateway)
    expect(await status()).toBe('open')
    expect((await balance(running.url)).channels).toMatchObject([{ state: 'retiring' }])
    const { rows } = await running.gateway.pool.query('select close_due_at > now() as due from gateway.channels')
    expect(rows).toEqual([{ due: true }])
  })
})
