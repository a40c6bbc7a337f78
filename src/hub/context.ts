import { type Catalog, type Meanings, sharedSecret } from '../catalog/index.ts'
import type { Chain, Relayer } from '../chain/index.ts'
import type { Store } from '../store/index.ts'
import type { HubWire } from '../wire/index.ts'
import { DownloadCounter } from './DownloadCounter.ts'
import type { Rates } from './RateLimit.ts'
import { Deliveries, type Options as DeliveryOptions } from './webhooks/Deliveries.ts'

/** Everything the routes work with, built once at start. */
export type HubContext = {
  catalog: Catalog
  store: Store
  /** Where people reach this hub; undefined: the host each request names. */
  publicUrl: string | undefined
  /** Other origins that pass requests on to this hub with their own Host, such as the web app's. */
  otherUrls: readonly string[]
  /** Reads of the chain; undefined: a hub without one, which anchors nothing. */
  chain: Chain.Chain | undefined
  /** Pays the gas of people's signed messages. */
  relayer: Relayer.Relayer | undefined
  /** Facts of the network for `GET /api/dehug/network`; `hub` is filled in. */
  network: (() => Omit<HubWire.Network, 'hub'>) | undefined
  /** Sends to webhooks. */
  deliveries: Deliveries
  downloads: DownloadCounter
  /** Search by meaning; undefined: words only. */
  meanings: Meanings.Meanings | undefined
  /** Signs upload links. */
  linkKey: Uint8Array
  clock: () => Date
  limits: Limits
}

export type Limits = {
  /** Largest file whose bytes may stand in a commit; larger ones go through LFS. */
  inlineBytes: number
  /** Largest body of one commit. */
  commitBytes: number
  /** Largest single upload. */
  uploadBytes: number
  /** From this size on a file is sent in parts, by clients that can. */
  multipartBytes: number
  /** One part. */
  partBytes: number
  /** Longest silence while a body arrives. */
  stallMs: number
  /** Least average speed of a body after `stallMs`. */
  bytesPerSecond: number
  /** Requests of one token, or of one address without one. */
  rates: Rates
}

export const defaultLimits: Limits = {
  inlineBytes: 10 * 2 ** 20,
  commitBytes: 512 * 2 ** 20,
  uploadBytes: 512 * 2 ** 30,
  multipartBytes: 512 * 2 ** 20,
  partBytes: 64 * 2 ** 20,
  stallMs: 30_000,
  bytesPerSecond: 256,
  rates: { api: { requests: 100_000, seconds: 300 }, resolvers: { requests: 500_000, seconds: 300 } },
}

/** Builds the context; the parts that are missing get their defaults. */
export const createContext = async (parts: {
  catalog: Catalog
  store: Store
  publicUrl?: string | undefined
  otherUrls?: readonly string[] | undefined
  chain?: Chain.Chain | undefined
  relayer?: Relayer.Relayer | undefined
  network?: HubContext['network']
  meanings?: Meanings.Meanings | undefined
  clock?: () => Date
  webhooks?: Omit<DeliveryOptions, 'clock'> | undefined
  limits?: Partial<Limits>
}): Promise<HubContext> => ({
  catalog: parts.catalog,
  store: parts.store,
  publicUrl: parts.publicUrl,
  otherUrls: parts.otherUrls ?? [],
  chain: parts.chain,
  relayer: parts.relayer,
  network: parts.network,
  downloads: new DownloadCounter(parts.catalog.db),
  meanings: parts.meanings,
  deliveries: new Deliveries(parts.catalog, { ...parts.webhooks, clock: parts.clock ?? (() => new Date()) }),
  linkKey: await sharedSecret(parts.catalog.db, 'upload-links'),
  clock: parts.clock ?? (() => new Date()),
  limits: { ...defaultLimits, ...parts.limits },
})
