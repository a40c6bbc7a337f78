import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PullReceipt, SeasonWinner } from '../src/core/index.ts'
import { FactsWire, operations, templateOf } from '../src/wire/index.ts'
import { startNetwork, type TestNetwork } from './network.ts'
import { registered } from './registered-routes.ts'

/*
 * The API document against what runs: every route below /api/dehug and /v1 is in it, and what the routes answer on a
 * network with models, a provider and settled work is what it says.
 */

type Json = Record<string, unknown>
type Described = {
  paths: Record<string, Record<string, { responses: { 200: { content: Record<string, { schema: Json }> } } }>>
}

let network: TestNetwork
let document: Described
const model = 'dehug/dehug-tiny-chat'

beforeAll(async () => {
  network = await startNetwork({ models: ['dehug-tiny-chat', 'demo-dataset'] })
  document = (await (await fetch(`${network.hub}/api/openapi.json`)).json()) as Described
}, 180_000)
afterAll(() => network?.stop())

test('behavior: every route below /api/dehug and /v1 is documented, and no other', async () => {
  const documented = operations.map(({ method, path }) => `${method} ${path}`)
  const routes = (await registered()).filter((route) => / \/(api\/dehug|v1)\//.test(route))
  expect(documented.filter((route) => / \/(api\/dehug|v1)\//.test(route)).sort()).toEqual(routes.sort())
  expect(Object.keys(document.paths).sort()).toEqual(
    [...new Set(operations.map(({ path }) => templateOf(path)))].sort(),
  )
})

const json = async (path: string, key: string | null = null) => {
  const answer = await fetch(network.hub + path, { headers: key ? { authorization: `Bearer ${key}` } : {} })
  return { status: answer.status, body: (await answer.json()) as Json }
}

/** The claim of a paid and settled answer, as soon as the indexer shows it. */
const settled = async (): Promise<FactsWire.Claim> => {
  const alice = network.client('alice')
  await alice.chat({ model, messages: [{ role: 'user', content: 'What is DeHug?' }], maxTokens: 8 })
  await alice.release()
  const claims = async () => (await json('/api/dehug/receipts')).body.claims as FactsWire.Claim[]
  await expect.poll(claims, { timeout: 20_000 }).toHaveLength(1)
  return (await claims())[0] as FactsWire.Claim
}

test('behavior: every documented answer has the form that the document gives', async () => {
  const claim = await settled()
  const { token, apiKey } = network.account('alice')
  const values: Record<string, string> = {
    ...{ ns: 'dehug', name: 'dehug-tiny-chat', type: 'model', rev: 'main', version: 'head', path: model },
    ...{ address: claim.provider, root: claim.batchRoot, account: 'dehug' },
    epoch: String(PullReceipt.dayOf(Date.now())),
    season: String(SeasonWinner.seasonOf(Date.now() / 1000)),
    jobId: String(((await json('/v1/receipts', apiKey)).body.receipts as Json[])[0]?.jobId),
  }
  const queries: Record<string, string[]> = {
    '/api/dehug/license/check': ['?child=mit&parents=llama3,model:dehug/dehug-tiny-chat'],
    '/api/dehug/leaderboards': ['creators', 'providers', 'models', 'evals'].map((kind) => `?period=all&kind=${kind}`),
  }
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  for (const { method, path, auth, answer } of operations.filter((one) => one.method === 'get' && one.answer)) {
    const template = templateOf(path)
    const at = path.includes('/datasets/') ? { ...values, name: 'demo-dataset' } : values
    const schema = document.paths[template]?.[method]?.responses[200].content['application/json']?.schema as Json
    for (const query of queries[path] ?? ['']) {
      const url = template.replace(/\{(\w+)\}/g, (_, name: string) => at[name] ?? name) + query
      const { status, body } = await json(url, auth === 'key' ? apiKey : token)
      const fits = ajv.validate(schema, body)
      expect({ url, status, errors: fits ? [] : ajv.errors }).toEqual({ url, status: 200, errors: [] })
      expect(answer, url).toBeDefined()
    }
  }
})

test('behavior: the money in the catalog is the money on chain', async () => {
  const { claims } = FactsWire.Claims.parse((await json(`/api/dehug/receipts?model=model:${model}`)).body)
  const economics = FactsWire.Economics.parse((await json(`/api/dehug/models/${model}/economics`)).body)
  const [claim] = claims
  expect(economics.totals.claimed).toBe(claim?.amount)
  const { providerAmount = '0', modelAmount = '0', feeAmount = '0' } = claim ?? {}
  expect(BigInt(providerAmount) + BigInt(modelAmount) + BigInt(feeAmount)).toBe(BigInt(claim?.amount ?? 0))
  expect(economics.perDay.map(({ claimed }) => claimed)).toEqual([claim?.amount])
  const stats = FactsWire.Stats.parse((await json('/api/dehug/stats')).body)
  expect(stats.settled).toEqual({ today: claim?.amount, week: claim?.amount, all: claim?.amount })
  const provider = FactsWire.ProviderDetails.parse((await json(`/api/dehug/providers/${claim?.provider}`)).body)
  expect(provider.claims).toEqual(claims)
  expect(provider.offers.map((offer) => offer.model)).toEqual([`model:${model}`])
  const batch = FactsWire.Batch.parse((await json(`/api/dehug/batches/${claim?.batchRoot}`)).body)
  expect({ claims: batch.claims, amount: batch.totals.amount }).toEqual({ claims, amount: claim?.amount })
  const versions = FactsWire.Versions.parse((await json(`/api/dehug/models/${model}/versions`)).body)
  expect(versions.versions).toMatchObject([{ index: 1, head: true, anchored: true, parent: null, deprecated: null }])
  expect(versions.versions[0]?.sizeDelta).toBe(versions.versions[0]?.sizeBytes)
})
