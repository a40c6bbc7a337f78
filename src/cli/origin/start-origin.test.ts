import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedPostgres, openCatalog, startPostgres } from '../../catalog/index.ts'
import { DevChain, DevKeys, deploy } from '../../chain/index.ts'
import * as Ports from '../up/ports.ts'
import { type Origin, startOrigin } from './start-origin.ts'

const webUrl = 'http://127.0.0.1:3999'
let dir: string
let chain: DevChain.DevChain
let postgres: EmbeddedPostgres
let origin: Origin

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-origin-'))
  chain = await DevChain.start({ home: dir, blockTimeSeconds: 0.1 })
  postgres = await startPostgres({ dir: join(dir, 'pg'), port: 0, settings: { fsync: 'off' } })
  const keyOf = (name: DevKeys.DevName) => DevKeys.get(name, DevKeys.devChainId).privateKey
  const deployment = await deploy({ rpcUrl: chain.rpcUrl, deployerKey: keyOf('deployer') })
  const paths = { deployment: join(dir, 'deployment.json'), seed: join(dir, 'seed.json') }
  await writeFile(paths.deployment, JSON.stringify(deployment))
  await writeFile(paths.seed, JSON.stringify({ users: [{ name: 'ada', tokens: ['hf_ada_token'] }] }))
  origin = await startOrigin({
    ...{ host: '127.0.0.1', port: await Ports.choose(0, { last: undefined, flag: '--port' }), webUrl },
    ...{ databaseUrl: postgres.url, storeDir: join(dir, 'store'), rpcUrl: chain.rpcUrl, deployment },
    ...{ deploymentPath: paths.deployment, relayerKey: keyOf('relayer'), indexerUrl: 'http://127.0.0.1:9' },
    ...{
      search: null,
      seedFile: paths.seed,
      relayLimits: { transactionsPerAccount: 10, weiPerAccount: 1n, weiPerDay: 1n },
    },
  })
})
afterAll(async () => {
  await origin?.[Symbol.asyncDispose]()
  await postgres?.stop()
  await chain?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Sends a request under any Host header. */
const call = (method: string, path: string, host: string, body?: unknown): Promise<Record<string, never>> =>
  new Promise((done, fail) => {
    const sent = request(
      new URL(path, origin.url),
      { method, headers: { host, authorization: 'Bearer hf_ada_token', 'content-type': 'application/json' } },
      async (answer) => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk)
        done(JSON.parse(Buffer.concat(chunks).toString()))
      },
    )
    sent.on('error', fail)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

test('behavior: addresses are those of the origin, or of the web app for who came by it, whatever the Host says', async () => {
  const own = new URL(origin.url).host
  const created = async (host: string, name: string) =>
    (await call('POST', '/api/repos/create', host, { name, type: 'model' })).url
  expect(await created(own, 'one')).toBe(`${origin.url}/ada/one`)
  expect(await created('evil.example', 'two')).toBe(`${origin.url}/ada/two`)
  expect(await created(new URL(webUrl).host, 'three')).toBe(`${webUrl}/ada/three`)
  expect((await call('GET', '/api/dehug/nonce', 'evil.example')).domain).toBe(own)
  for (const host of [own.replace('127.0.0.1', 'localhost'), 'localhost:3999']) {
    expect((await call('GET', '/api/dehug/nonce', host)).domain).toBe(host)
  }
  expect((await call('GET', '/api/dehug/nonce', new URL(webUrl).host)).domain).toBe(new URL(webUrl).host)
})

test('behavior: webhooks name whole addresses', async () => {
  const watched = [{ type: 'user', name: 'ada' }]
  // Nobody is there: the test reads what was to be sent, once that was tried.
  await call('POST', '/api/settings/webhooks', 'evil.example', {
    url: 'https://hooks.invalid/x',
    watched,
    domains: ['repo'],
  })
  await call('POST', '/api/repos/create', 'evil.example', { name: 'four', type: 'model' })
  await using catalog = await openCatalog({ databaseUrl: postgres.url })
  const tried = async () => {
    const { rows } = await catalog.pool.query('select payload from catalog.deliveries where problem is not null')
    return rows[0]?.payload
  }
  let payload = await tried()
  for (; payload === undefined; payload = await tried()) await new Promise((done) => setTimeout(done, 50))
  expect(payload.repo.url).toEqual({ web: `${origin.url}/ada/four`, api: `${origin.url}/api/models/ada/four` })
})
