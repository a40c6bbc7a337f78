import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import type { Hex, Recover } from '../core/index.ts'
import type { Bans } from './Bans.ts'
import type { Channels } from './Channels.ts'
import type { Health } from './Health.ts'
import type { Journal } from './Journal.ts'
import type { Lane } from './Lane.ts'
import type { ProviderClient } from './ProviderClient.ts'
import type { Providers } from './Providers.ts'
import type { Sessions } from './Sessions.ts'
import type { Treasury } from './Treasury.ts'

/** Everything a gateway's routes work with; built once by `open` in open-gateway.ts. */
export type Gateway = AsyncDisposable & {
  readonly database: NodePgDatabase
  readonly pool: Pool
  readonly treasury: Treasury
  readonly sessions: Sessions
  readonly providers: Providers
  readonly channels: Channels
  readonly client: ProviderClient
  readonly journal: Journal
  readonly health: Health
  readonly bans: Bans
  readonly lane: Lane
  readonly recover: Recover
  readonly random: (bytes: number) => Uint8Array
  /** Unix ms. */
  readonly now: () => number
  /** Where callers reach this gateway; without it, the address a request came to. */
  readonly publicUrl: string | undefined
  /** How long a request waits for an answer whose connection broke. */
  readonly recoverMs: number
  /** Jobs of this process that a second request with the same key waits for. */
  readonly running: Map<Hex, Promise<unknown>>
  /** Receipts still being collected for callers that left. */
  readonly collecting: Set<Promise<unknown>>
  readonly onError: (error: unknown) => void
}
