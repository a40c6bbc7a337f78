import { afterAll, beforeAll, expect, test } from 'vitest'
import { Calls, RelayBudget, Relayer } from '../chain/index.ts'
import { keyOf, mintModel, type Network, signerOf, startNetwork } from '../chain/testing.ts'
import { Client, PortableSigner } from '../sdk/index.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

let network: Network
let hub: TestHub
/** Answers of the chain are kept for a moment; tests do not wait for its end. */
let laterMs = 0

beforeAll(async () => {
  network = await startNetwork()
  const { chain, relayer } = network
  hub = await startTestHub({ chain, relayer, clock: () => new Date(Date.now() + laterMs) })
})
afterAll(async () => {
  await hub?.stop()
  await network?.[Symbol.asyncDispose]()
})

const call = async (method: string, path: string, bearer: string, body?: unknown) => {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  const answer = await fetch(hub.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  return { status: answer.status, text: await answer.text() }
}
const ask = async (bearer: string): Promise<string> =>
  JSON.parse((await call('POST', '/api/models/ada/gated/ask-access', bearer, {})).text).status

/** What happens to somebody on each way to a file. */
const ways = async (bearer: string): Promise<number[]> => {
  const answers = await Promise.all([
    call('GET', '/ada/gated/resolve/main/w.txt', bearer),
    call('GET', '/api/models/ada/gated/auth-check', bearer),
    call('GET', '/api/models/ada/gated/xet-read-token/main', bearer),
    call('GET', '/ada/gated/info/refs?service=git-upload-pack', bearer),
    call('POST', '/ada/gated.git/info/lfs/objects/batch', bearer, { operation: 'download', objects: [] }),
  ])
  return answers.map(({ status }) => status)
}
const open = [200, 200, 200, 200, 200]
const closed = [403, 403, 403, 403, 403]

const walletToken = async (name: 'carol' | 'alice'): Promise<string> => {
  const signer = PortableSigner.from(keyOf(name))
  return (await Client.from({ endpoint: hub.url, signer }).login({ username: name })).token
}
const anvil = (method: string, ...params: unknown[]) => network.chain.client.request({ method, params } as never)

test('behavior: who holds the NFT is let in, and only as long as they hold it', async () => {
  const { modelId } = await mintModel(network, 'pass', 'carol')
  await call('POST', '/api/repos/create', tokens.ada, { name: 'gated', type: 'model' })
  const lines = [
    { key: 'header', value: { summary: 'one' } },
    { key: 'file', value: { path: 'w.txt', content: 'weights', encoding: 'utf-8' } },
  ]
  await fetch(`${hub.url}/api/models/ada/gated/commit/main`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.ada}`, 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  const gate = { gated: 'auto', gate: { holders: ['model:carol/pass'] } }
  expect((await call('PUT', '/api/models/ada/gated/settings', tokens.ada, gate)).status).toBe(200)
  const [carol, alice] = [await walletToken('carol'), await walletToken('alice')]

  expect([await ways(carol), await ask(carol), await ways(carol)]).toEqual([closed, 'accepted', open])
  expect([await ask(alice), await ways(alice)]).toEqual(['pending', closed])
  expect([await ask(tokens.bob), await ways(tokens.bob)]).toEqual(['pending', closed])

  // A sale that no block holds yet changes nothing.
  await anvil('evm_setIntervalMining', 0)
  const { chain, deployment } = network
  const seller = await Relayer.start({ chain, key: keyOf('carol'), budget: RelayBudget.inMemory({ now: Date.now }) })
  const [from, to] = [signerOf('carol').address, signerOf('alice').address]
  const sale = seller.send(Calls.transferModel(deployment, from, to, modelId), { account: from })
  while (((await anvil('txpool_status')) as { pending: string }).pending === '0x0') await Promise.resolve()
  laterMs += 2_000
  expect([await ways(carol), await ask(alice)]).toEqual([open, 'pending'])
  await anvil('evm_setIntervalMining', 1)
  await sale
  await seller.stop()

  laterMs += 2_000
  expect([await ways(carol), await ask(carol)]).toEqual([closed, 'pending'])
  expect([await ways(alice), await ask(alice), await ways(alice)]).toEqual([closed, 'accepted', open])

  const handle = '/api/models/ada/gated/user-access-request/handle'
  expect((await call('POST', handle, tokens.ada, { user: 'carol', status: 'accepted' })).status).toBe(200)
  expect(await ways(carol)).toEqual(open)
  expect((await call('POST', handle, tokens.ada, { user: 'alice', status: 'rejected' })).status).toBe(200)
  expect([await ask(alice), await ways(alice)]).toEqual(['rejected', closed])
})

test('behavior: the rule that no longer names a model lets its holder out', async () => {
  const [alice] = [await walletToken('alice')]
  const handle = '/api/models/ada/gated/user-access-request/handle'
  await call('POST', handle, tokens.ada, { user: 'alice', status: 'pending' })
  expect([await ask(alice), await ways(alice)]).toEqual(['accepted', open])
  const other = { gated: 'auto', gate: { holders: ['model:carol/other'] } }
  await call('PUT', '/api/models/ada/gated/settings', tokens.ada, other)
  expect(await ways(alice)).toEqual(closed)
})
