import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { type Hex, type Recover, Unavailable } from '../core/index.ts'
import type { Bans } from './Bans.ts'
import type * as Book from './Book.ts'
import type { ClosingOptions } from './Closing.ts'
import type * as Lane from './Lane.ts'
import type { ProviderClient } from './ProviderClient.ts'
import type { Providers } from './Providers.ts'
import type { Sessions } from './Sessions.ts'
import type { Treasury } from './Treasury.ts'

/** One payment channel that this process signs for. */
export type Channel = {
  readonly book: Book.Book
  readonly session: Hex
  readonly payer: Hex
  /** Address of the session key. */
  readonly key: Hex
  readonly provider: Hex
  readonly modelId: bigint
  readonly lane: number
  readonly url: string
  /** Largest fees of requests that wait for the lock to grow. */
  readonly waiting: Map<Hex, bigint>
  locking?: Promise<Shortage | undefined> | undefined
  releasing?: Promise<unknown> | undefined
  /** No job may start on it any more. */
  retired: boolean
}

/** What limited a lock. */
export type Shortage = { limit: 'balance' | 'cap'; free: bigint; capLeft: bigint }

/** What channels are opened, locked and released with. */
export type ChannelsOptions = {
  database: NodePgDatabase
  treasury: Treasury
  sessions: Sessions
  providers: Providers
  client: ProviderClient
  bans: Bans
  lane: Lane.Lane
  recover: Recover
  random: (bytes: number) => Uint8Array
  /** Unix ms. */
  now: () => number
  /** µUSDC that a lock adds when more is not needed. */
  defaultLock: bigint
  /** The largest creator's part (1/10,000) that this gateway agrees to on behalf of its payers. */
  maxCreatorBps: number
  closing: ClosingOptions
  onError: (error: unknown) => void
}

/** What this process knows of its channels. */
export type ChannelContext = ChannelsOptions & {
  open: Map<string, Channel>
  opening: Map<string, Promise<Channel>>
  /** Last lock or release of each payer; they follow one another. */
  spending: Map<Hex, Promise<unknown>>
  savedOffers: Set<Hex>
  /** Told that a channel is to be closed. */
  onRetiring: () => void
}

const closeDeadlineSeconds = 600n

/** When a signed wish of a payer ends, unix s. */
export const deadline = ({ now }: ChannelContext): bigint => BigInt(Math.floor(now() / 1000)) + closeDeadlineSeconds

/** The channel is being closed, so the job starts over on its successor. */
export class ChannelRetired extends Unavailable {
  constructor() {
    super('The payment channel was closed meanwhile.', { code: 'channel_retired', hint: 'Send the request again.' })
  }
}
