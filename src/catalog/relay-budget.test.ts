import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Catalog, openCatalog } from './database.ts'
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts'
import { relayBudget } from './relay-budget.ts'

let dir: string
let postgres: EmbeddedPostgres
let catalog: Catalog
let nowMs = Date.parse('2026-01-02T12:00:00Z')

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-relay-'))
  postgres = await startPostgres({ dir, port: 0, settings: { fsync: 'off' } })
  catalog = await openCatalog({ databaseUrl: postgres.url })
})
afterAll(async () => {
  await catalog?.close()
  await postgres?.stop()
  await rm(dir, { recursive: true, force: true })
})

const budget = () =>
  relayBudget(catalog.db, { transactionsPerAccount: 3, weiPerAccount: 100n, weiPerDay: 150n, now: () => nowMs })

test('behavior: quotas hold under parallel requests, over restarts, and end with the day', async () => {
  const asked = await Promise.allSettled(
    Array.from({ length: 8 }, () => budget().reserve({ account: 'a', maxWei: 10n })),
  )
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  await expect(budget().reserve({ account: 'a', maxWei: 1n })).rejects.toThrow("a used up today's relayed transactions")
  nowMs += 86_400_000
  await budget().reserve({ account: 'a', maxWei: 1n })
})

test('error: more gas than one account or all of them may use', async () => {
  nowMs += 86_400_000
  await expect(budget().reserve({ account: 'b', maxWei: 101n })).rejects.toThrow(
    "b used up today's relayed transactions",
  )
  await budget().reserve({ account: 'b', maxWei: 90n })
  await expect(budget().reserve({ account: 'b', maxWei: 11n })).rejects.toMatchObject({ code: 'relay_quota_exceeded' })
  await expect(budget().reserve({ account: 'c', maxWei: 61n })).rejects.toMatchObject({
    code: 'relay_budget_exhausted',
  })
  await budget().reserve({ account: 'c', maxWei: 60n })
})

test('behavior: what was not spent is there again, and what was never sent does not count', async () => {
  nowMs += 86_400_000
  const sent = await budget().reserve({ account: 'd', maxWei: 100n })
  await sent.settle(40n)
  for (let i = 0; i < 4; i += 1) await (await budget().reserve({ account: 'd', maxWei: 60n })).settle(0n)
  await budget().reserve({ account: 'd', maxWei: 60n })
  await expect(budget().reserve({ account: 'd', maxWei: 1n })).rejects.toMatchObject({ code: 'relay_quota_exceeded' })
})
