import { z } from 'zod'

/**
 * What the hub's catalog tells of models, providers and money out of the chain's index, as routes below `/api/dehug`.
 * Money is µUSDC as decimal text, chain numbers are decimal text, times ISO 8601.
 */

const micro = z.string().regex(/^-?\d{1,78}$/)
const uint = z.string().regex(/^\d{1,78}$/)
const time = z.iso.datetime()
const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/)
const count = z.int().min(0)
const bps = z.int().min(0).max(10_000)
const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual)
const cursor = z.string().max(512).optional()
const givenAddress = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .optional()

export const verdicts = ['allowed', 'denied', 'unclear'] as const

export const LicenseFacts = z.object({
  id: z.string(),
  /** Whether the table has it. */
  known: z.boolean(),
  name: z.string().nullable(),
  url: z.string().nullable(),
  kind: z.string().nullable(),
})
export type LicenseFacts = z.infer<typeof LicenseFacts>

/** `GET /api/dehug/license/check` */
export const LicenseQuery = z.object({
  child: z.string().min(1).max(64),
  parents: z.array(z.string().min(1).max(128)).max(16).default([]),
})
export const LicenseVerdict = z.object({
  child: LicenseFacts,
  verdict: z.enum(verdicts),
  parents: z.array(
    z.object({
      parent: z.string(),
      license: LicenseFacts,
      verdict: z.enum(verdicts),
      reason: z.string(),
      source: z.string().nullable(),
    }),
  ),
  /** What the child has to keep of its parents. */
  conditions: z.array(z.string()),
})
export type LicenseVerdict = z.infer<typeof LicenseVerdict>

/** `GET /api/dehug/license/table` */
export const LicenseList = z.object({
  licenses: z.array(LicenseFacts.extend({ keep: z.array(z.string()), children: z.array(z.string()) })),
})
export type LicenseList = z.infer<typeof LicenseList>

/** `GET /api/dehug/{models|datasets}/{ns}/{name}/lineage` */
export const Lineage = z.object({
  self: z.string(),
  nodes: z.array(
    z.object({
      /** `model:ns/name` */
      repo: z.string(),
      /** Whether the caller finds it on this hub. */
      known: z.boolean(),
      license: z.string().nullable(),
      task: z.string().nullable(),
      downloads: count.nullable(),
      modelId: uint.nullable(),
      head: bytes32.nullable(),
    }),
  ),
  edges: z.array(
    z.object({
      child: z.string(),
      parent: z.string(),
      relation: z.enum(['fork', 'finetune', 'adapter', 'quantized', 'merge', 'dataset']),
      source: z.enum(['manifest', 'card', 'fork']),
      /** Version of the parent, where it is named. */
      root: bytes32.nullable(),
      /** What the parent's card asks of forks. */
      forkBps: bps.nullable(),
      verdict: z.enum(verdicts),
    }),
  ),
  /** There are more than are shown. */
  truncated: z.boolean(),
})
export type Lineage = z.infer<typeof Lineage>

/** `GET /api/dehug/{models|datasets}/{ns}/{name}/versions` */
export const PageQuery = z.object({ cursor, limit: limit(100, 20) })
export const Version = z.object({
  root: bytes32,
  /** Counts from 1 in the order of publication; null until the indexer has seen it. */
  index: count.nullable(),
  parent: bytes32.nullable(),
  manifestCid: z.string(),
  commit: z.string().nullable(),
  signer: address.nullable(),
  delegated: z.boolean(),
  anchored: z.boolean(),
  tx: bytes32.nullable(),
  block: uint.nullable(),
  at: time,
  fileCount: count,
  sizeBytes: count.nullable(),
  /** Bytes more than the parent has. */
  sizeDelta: z.int().nullable(),
  tags: z.array(z.string()),
  deprecated: z.object({ reason: z.string(), successor: bytes32.nullable() }).nullable(),
  head: z.boolean(),
})
export type Version = z.infer<typeof Version>
export const Versions = z.object({ versions: z.array(Version), next: z.string().nullable() })
export type Versions = z.infer<typeof Versions>

/** `GET /api/dehug/models/{ns}/{name}/economics` */
export const EconomicsQuery = z.object({ days: limit(366, 30) })
export const Economics = z.object({
  modelId: uint.nullable(),
  owner: address.nullable(),
  ownerName: z.string().nullable(),
  terms: z.object({ creatorBps: bps, creatorShareBps: bps, royaltyBps: bps, termsHash: bytes32.nullable() }).nullable(),
  totals: z.object({ claimed: micro, creator: micro, holder: micro, royalties: micro, jobs: uint }),
  splits: z.array(z.object({ creator: address, name: z.string().nullable(), shareBps: bps })),
  perDay: z.array(
    z.object({
      ...{
        day: z.iso.date(),
        claimed: micro,
        creator: micro,
        holder: micro,
        providers: micro,
        fees: micro,
        jobs: uint,
      },
    }),
  ),
  /** Withdrawals of this model's creators and holder, from all their models. */
  payouts: z.array(z.object({ id: z.string(), account: address, to: address, amount: micro, at: time, tx: bytes32 })),
  transfers: z.array(z.object({ from: address, to: address, at: time, block: uint, tx: bytes32 })),
  source: z.literal('onchain'),
})
export type Economics = z.infer<typeof Economics>

/** What a provider offers for one model now. */
const slowest = z.object({ p50: z.number(), p95: z.number() })

/** How a provider did in the last days, as this network's gateways saw it; right to a tenth. */
export const Health = z.object({
  days: z.union([z.literal(1), z.literal(7), z.literal(30)]),
  /** How often it was asked for its offers, and the part of them in which it had them. */
  checks: count,
  uptime: z.number().min(0).max(1).nullable(),
  /** Orders that it answered, and those that it is its doing that they came to nothing. */
  ...{ answers: count, failures: count },
  /** To the first text of a stream, and to the end of an answer. */
  ...{ ttftMs: slowest.nullable(), latencyMs: slowest.nullable() },
  /** Of output, from the first token of a stream on; one in twenty answers is slower than `p5`. */
  tokensPerSecond: z.object({ p50: z.number(), p5: z.number() }).nullable(),
})
export type Health = z.infer<typeof Health>

export const Offer = z.object({
  provider: address,
  name: z.string().nullable(),
  /** `model:ns/name` */
  model: z.string(),
  url: z.string(),
  root: bytes32,
  /** Whether the version is the head. */
  head: z.boolean(),
  task: z.string(),
  price: z.object({ from: micro, in: micro, out: micro, ms: micro, call: micro }),
  limits: z.object({ in: uint, out: uint, ms: uint, jobSeconds: uint }),
  /** Tokens of context, as the model's files say. */
  context: count.nullable(),
  quantization: z.string().nullable(),
  validUntil: time,
  stake: micro,
  disputes: count,
  /** Jobs that were claimed for this model. */
  jobs: uint,
  /** Of this model, in the last seven days; checks and uptime are of the provider. */
  health: Health,
})
export type Offer = z.infer<typeof Offer>

/** `GET /api/dehug/models/{ns}/{name}/providers` */
export const Offers = z.object({ offers: z.array(Offer) })
export type Offers = z.infer<typeof Offers>

export const Claim = z.object({
  id: z.string(),
  channelId: bytes32,
  provider: address,
  payer: address.nullable(),
  /** `model:ns/name` where it is public here. */
  model: z.string().nullable(),
  modelId: uint,
  batchRoot: bytes32,
  ...{ seqFrom: uint, seqTo: uint, jobs: uint },
  ...{ amount: micro, providerAmount: micro, modelAmount: micro, feeAmount: micro },
  at: time,
  block: uint,
  tx: bytes32,
})
export type Claim = z.infer<typeof Claim>

/** `GET /api/dehug/receipts` */
export const ClaimsQuery = z.object({
  /** `model:ns/name` or the token id. */
  model: z.string().min(1).max(200).optional(),
  ...{ provider: givenAddress, payer: givenAddress, cursor, limit: limit(100, 20) },
})
export const Claims = z.object({ claims: z.array(Claim), next: z.string().nullable() })
export type Claims = z.infer<typeof Claims>

/** `GET /api/dehug/batches/{root}` */
export const Batch = z.object({
  root: bytes32,
  places: z.array(z.object({ provider: address, cid: z.string(), at: time, tx: bytes32 })),
  claims: z.array(Claim),
  totals: z.object({ claims: count, jobs: uint, amount: micro }),
})
export type Batch = z.infer<typeof Batch>

export const providerSorts = ['earned', 'stake', 'jobs'] as const
/** `GET /api/dehug/providers` */
export const ProvidersQuery = z.object({ sort: z.enum(providerSorts).default('earned'), cursor, limit: limit(100, 20) })
export const Provider = z.object({
  address,
  name: z.string().nullable(),
  url: z.string(),
  ...{ stake: micro, unbonding: micro, slashed: micro, claimed: micro, earned: micro, jobs: uint },
  /** Public models it serves now. */
  models: count,
  disputes: count,
  since: time,
  /** In the last seven days. */
  health: Health,
})
export type Provider = z.infer<typeof Provider>
export const Providers = z.object({ providers: z.array(Provider), next: z.string().nullable() })
export type Providers = z.infer<typeof Providers>

/** `GET /api/dehug/providers/{address}` */
export const ProviderDetails = Provider.extend({
  /** In the last day, seven days and thirty days. */
  healthOver: z.object({ day: Health, week: Health, month: Health }),
  offers: z.array(Offer),
  batches: z.array(z.object({ root: bytes32, cid: z.string(), at: time, tx: bytes32 })),
  claims: z.array(Claim),
  challenges: z.array(
    z.object({ channelId: bytes32, payer: address, compensation: micro, penalty: micro, at: time, tx: bytes32 }),
  ),
})
export type ProviderDetails = z.infer<typeof ProviderDetails>

const periods = z.object({ today: uint, week: uint, all: uint })

/** `GET /api/dehug/stats`. Days are of UTC. */
export const Stats = z.object({
  ...{ models: count, datasets: count, spaces: count, people: count, versions: count, minted: count },
  ...{ providersServing: count, modelsServed: count },
  settled: periods,
  jobs: periods,
  /** What gives these numbers, in SQL and in GraphQL of the indexer. */
  queries: z.record(z.string(), z.string()),
  asOf: time,
})
export type Stats = z.infer<typeof Stats>
