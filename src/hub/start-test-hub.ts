import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCatalog, type Seed, seed, startPostgres } from '../catalog/index.ts'
import { DiskStore } from '../store/index.ts'
import { hubApp } from './app.ts'
import { createContext, type HubContext } from './context.ts'

export const tokens = {
  ada: 'hf_ada_write_token',
  adaRead: 'hf_ada_read_token',
  bob: 'hf_bob_write_token',
  eve: 'hf_eve_write_token',
}

const people: Seed = {
  users: [
    {
      name: 'ada',
      fullname: 'Ada Lovelace',
      email: 'ada@example.org',
      tokens: [tokens.ada, { token: tokens.adaRead, scope: 'read' }],
    },
    { name: 'bob', tokens: [tokens.bob] },
    { name: 'Eve', tokens: [tokens.eve] },
  ],
  orgs: [
    {
      name: 'lab',
      members: [
        { user: 'ada', role: 'admin' },
        { user: 'bob', role: 'read' },
      ],
    },
  ],
}

/** A hub with its own Postgres and store, for tests; its people are `ada`, `bob`, `Eve` and the organisation `lab`. */
export const startTestHub = async (parts: Partial<Parameters<typeof createContext>[0]> = {}) => {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-hub-'))
  const postgres = await startPostgres({ dir: join(dir, 'pg'), port: 0, settings: { fsync: 'off' } })
  const catalog = await openCatalog({ databaseUrl: postgres.url })
  const store = await DiskStore.open({ dir: join(dir, 'store') })
  await seed(catalog.db, people, new Date())
  const context: HubContext = await createContext({ catalog, store, ...parts })
  const app = await hubApp(context)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const stop = async () => {
    await app.close()
    await catalog.close()
    await store.close()
    await postgres.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { url, dir, context, databaseUrl: postgres.url, app, stop }
}

export type TestHub = Awaited<ReturnType<typeof startTestHub>>
