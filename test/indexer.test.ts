import { rm } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Indexer, startIndexer } from '../indexer/start.ts'
import { type EmbeddedPostgres, startPostgres } from '../src/catalog/index.ts'
import { Calls, RelayBudget, Relayer } from '../src/chain/index.ts'
import {
  keyOf,
  mintModel,
  type Network,
  newClaimRow,
  newLock,
  newSession,
  signerOf,
  startNetwork,
} from '../src/chain/testing.ts'
import { Signals } from '../src/core/index.ts'

let network: Network
let postgres: EmbeddedPostgres
let database: pg.Pool
let indexer: Indexer

const start = () =>
  startIndexer({
    databaseUrl: postgres.url,
    rpcUrl: network.node.rpcUrl,
    deployment: network.deployment,
    port: 0,
    home: network.home,
  })

beforeAll(async () => {
  network = await startNetwork()
  postgres = await startPostgres({ dir: `${network.home}/pg`, port: 0, settings: { fsync: 'off' } })
  database = new pg.Pool({ connectionString: postgres.url, max: 2 })
  database.on('error', () => undefined)
  indexer = await start()
})
afterAll(async () => {
  await indexer?.stop()
  await database?.end()
  await postgres?.stop()
  await network?.[Symbol.asyncDispose]()
  await rm(network.home, { recursive: true, force: true })
})

const send = async (call: Calls.Call) => {
  const { receipt } = await network.relayer.send(call, { account: 'x' })
  await indexer.caughtUp(receipt.blockNumber)
}
const rows = async (sql: string) => (await database.query(sql)).rows

async function everything() {
  const views = await rows(
    `select table_name as name from information_schema.views where table_schema = 'onchain' and table_name not like '\\_%' order by 1`,
  )
  const tables: Record<string, unknown[]> = {}
  for (const { name } of views)
    tables[name] = (await rows(`select t::text as row from onchain.${name} t order by 1`)).map(({ row }) => row)
  return tables
}

describe('behavior: the indexer', () => {
  test('behavior: a mint, a payment and its claim become rows and GraphQL', async () => {
    const { modelId, mint } = await mintModel(network, 'indexed')
    const provider = signerOf('node-1').address
    const opened = newSession(network, { payer: 'alice', salt: 1, microUsdc: 5_000_000n })
    await send(opened.call)
    const lock = newLock(network, opened, { provider, modelId, add: 1_000_000n })
    await send(lock.call)
    const row = newClaimRow(network, opened, { provider: 'node-1', channelId: lock.channelId, seq: 2n, spent: 10_000n })
    await send(Calls.claim(network.deployment, [row, row], '0x0155aa'))

    expect(
      await rows(
        'select repo, type, namespace, name, owner, head, versions, claimed, creator_total, holder_total, jobs from onchain.model',
      ),
    ).toEqual([
      {
        repo: 'model:dehug/indexed',
        type: 'model',
        namespace: 'dehug',
        name: 'indexed',
        owner: mint.owner,
        head: mint.root,
        versions: 1,
        claimed: '10000',
        creator_total: '1000',
        holder_total: '1000',
        jobs: '2',
      },
    ])
    expect(await rows('select id, payer, status, locked, claimed, seq from onchain.channel')).toEqual([
      {
        id: lock.channelId,
        payer: opened.payer.address,
        status: 'open',
        locked: '1000000',
        claimed: '10000',
        seq: '2',
      },
    ])
    expect(await rows('select deposited, spent, withdrawn from onchain.payer')).toEqual([
      { deposited: '5000000', spent: '10000', withdrawn: '0' },
    ])
    expect(await rows('select claimed, earned, jobs, url from onchain.provider')).toEqual([
      { claimed: '10000', earned: '7750', jobs: '2', url: '' },
    ])
    expect(await rows('select reason from onchain.skipped_claim')).toEqual([{ reason: 'nothing_new' }])
    expect(await rows('select batch_root, batch_cid from onchain.batch')).toEqual([
      { batch_root: row.claim.batchRoot, batch_cid: '0x0155aa' },
    ])
    const answer = await fetch(`${indexer.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ claims { items { delta provider } } sessions { items { key revoked } } }' }),
    })
    expect(await answer.json()).toEqual({
      data: {
        claims: { items: [{ delta: '10000', provider }] },
        sessions: { items: [{ key: opened.key.address, revoked: false }] },
      },
    })
  })

  test('behavior: a day of the oracle and a badge become rows', async () => {
    const [model] = await rows('select id, owner from onchain.model')
    const roots = Signals.roots({ pulls: [], usage: [], likes: [{ modelId: BigInt(model.id), account: model.owner }] })
    await send(Calls.postSignals(network.deployment, 20_000, roots, '0x0155aa'))
    await send(Calls.awardCreator(network.deployment, model.owner, BigInt(model.id)))
    expect(await rows('select epoch, scores, struck from onchain.oracle_post')).toEqual([
      { epoch: '20000', scores: roots.scores, struck: false },
    ])
    expect(await rows('select account, kind, issuer, evidence, burned from onchain.badge')).toEqual([
      { account: model.owner, kind: 1, issuer: null, evidence: model.id, burned: false },
    ])
  })

  test('behavior: a sale changes the owner and the epoch', async () => {
    const [model] = await rows('select id, owner from onchain.model')
    const transfer = Calls.transferModel(network.deployment, model.owner, signerOf('bob').address, BigInt(model.id))
    const budget = RelayBudget.inMemory({ now: Date.now })
    await using seller = await Relayer.start({ chain: network.chain, key: keyOf('dehug'), budget })
    const { receipt } = await seller.send(transfer, { account: 'dehug' })
    await indexer.caughtUp(receipt.blockNumber)
    expect(await rows('select owner, owner_epoch from onchain.model')).toEqual([
      { owner: signerOf('bob').address, owner_epoch: '1' },
    ])
  })

  test('behavior: after kill -9 it goes on with identical rows, and what happened meanwhile is added', async () => {
    const before = await everything()
    process.kill(indexer.pid, 'SIGKILL')
    await indexer.exited
    indexer = await start()
    // Ponder may say that it is ready a moment before the rows it replays are visible.
    await expect.poll(everything, { timeout: 20_000 }).toEqual(before)

    process.kill(indexer.pid, 'SIGKILL')
    await indexer.exited
    await mintModel(network, 'while-away')
    indexer = await start()
    const names = async () => (await rows('select name from onchain.model order by name')).map(({ name }) => name)
    await expect.poll(names, { timeout: 20_000 }).toEqual(['indexed', 'while-away'])
    const { version, ...others } = await everything()
    expect(version).toHaveLength(2)
    expect(others.claim).toEqual(before.claim)
  })
})
