import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startIndexer } from '../indexer/start.ts'
import { startPostgres } from '../src/catalog/index.ts'
import { Chain, DevChain, RelayBudget, Relayer } from '../src/chain/index.ts'
import { keyOf, mintModel, newSession, startNetwork } from '../src/chain/testing.ts'

/** Every row of every table that the indexer wrote, in a fixed order. */
async function everything(databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const views = await client.query(
      `select table_name as name from information_schema.views where table_schema = 'onchain' and table_name not like '\\_%' order by 1`,
    )
    const tables: Record<string, string[]> = {}
    for (const { name } of views.rows) {
      const { rows } = await client.query(`select t::text as row from onchain.${name} t order by 1`)
      tables[name] = rows.map(({ row }) => row)
    }
    return tables
  } finally {
    await client.end()
  }
}

test('behavior: the chain killed under the indexer is followed again, and a rebuild from nothing gives the same rows', async () => {
  const network = await startNetwork()
  const { home, deployment } = network
  await using postgres = {
    ...(await startPostgres({ dir: join(home, 'pg'), port: 0 })),
    [Symbol.asyncDispose]: () => postgres.stop(),
  }
  const options = { databaseUrl: postgres.url, rpcUrl: network.node.rpcUrl, deployment, port: 0, home }
  const indexer = await startIndexer(options)
  await mintModel(network, 'before')
  // A full finality window and more, so that blocks are lost which are recent but not the newest with transactions.
  await network.chain.client.request({ method: 'anvil_mine' as never, params: ['0x28'] as never })
  const { receipt } = await network.relayer.send(newSession(network, { payer: 'alice', salt: 1, microUsdc: 5n }).call, {
    account: 'x',
  })
  await indexer.caughtUp(receipt.blockNumber)

  process.kill(network.node.pid, 'SIGKILL')
  await network.node.exited
  await using node = await DevChain.start({ home, port: network.node.port })
  const chain = await Chain.connect({ rpcUrl: node.rpcUrl, deployment })
  // A killed chain may have forgotten its newest blocks; the indexer has to say what the chain says.
  const isKept = await chain.client.getTransactionReceipt({ hash: receipt.transactionHash }).then(
    () => true,
    () => false,
  )
  await using relayer = await Relayer.start({
    chain,
    key: keyOf('relayer'),
    budget: RelayBudget.inMemory({ now: Date.now }),
  })
  const second = await relayer.send(newSession(network, { payer: 'bob', salt: 2, microUsdc: 7n }).call, {
    account: 'x',
  })
  await indexer.caughtUp(second.receipt.blockNumber)
  const followed = await everything(postgres.url)
  expect(followed.model).toHaveLength(1)
  expect(followed.session).toHaveLength(isKept ? 2 : 1)
  await indexer.stop()

  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query(
    `drop schema onchain cascade; drop schema ${indexer.schema} cascade; drop schema ponder_sync cascade`,
  )
  await client.end()
  await using rebuilt = await startIndexer(options)
  await rebuilt.caughtUp(second.receipt.blockNumber)
  expect(await everything(postgres.url)).toEqual(followed)
  await rebuilt.stop()
  await network.relayer.stop()
  await node.stop()
  await postgres.stop()
  await rm(home, { recursive: true, force: true })
}, 300_000)
