import { z } from 'zod'
import type { Deployment } from '../../chain/index.ts'
import { type Home, readJson, writeJson } from './Home.ts'

const account = z.object({
  name: z.string(),
  role: z.string(),
  address: z.string(),
  token: z.string(),
  apiKey: z.string().nullable(),
})

const worker = z.object({ name: z.string(), account: z.string(), port: z.int(), models: z.array(z.string()) })

const schema = z.object({
  chainId: z.int(),
  rpcUrl: z.string(),
  deployment: z.custom<Deployment.Deployment>((value) => typeof value === 'object'),
  databaseUrl: z.string(),
  origin: z.string(),
  indexer: z.string(),
  /** Origin of the web app; null in a network without one. */
  web: z.string().nullable().default(null),
  workers: z.array(worker),
  /** The model that search compares meanings with; null for words only. */
  searchModel: z.string().nullable().default(null),
  accounts: z.array(account),
  /** Fixtures are published and the story was told. */
  toldStory: z.boolean(),
})

/** Everything the processes of one network need to find each other, kept in `network.json`. */
export type Facts = z.infer<typeof schema>
export type Account = z.infer<typeof account>
export type WorkerFacts = z.infer<typeof worker>

/** What is remembered from the last start; undefined on the first. */
export async function read(home: Home): Promise<Facts | undefined> {
  const found = schema.safeParse(await readJson(home.network))
  return found.success ? found.data : undefined
}

/** Readable by its owner only: it holds tokens and the database's password. */
export const write = (home: Home, facts: Facts): Promise<void> => writeJson(home.network, facts, 0o600)

export const portOf = (url: string | undefined): number | undefined =>
  url ? Number(new URL(url).port) || undefined : undefined
