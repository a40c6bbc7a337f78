import { z } from 'zod'
import { PullReceipt, SeasonWinner, type Signals } from '../core/index.ts'

/** What is said about pulls, days, badges and notifications below `/api/dehug`. Points are thousandths, money is µUSDC as decimal text. */

const hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/)
const bytes32 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`)
const decimal = z.string().regex(/^\d{1,78}$/)
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`)

/** `POST /api/dehug/pulls`. Whose account has a wallet signs the receipt of `day` with it; without one the hub signs. */
export const CountPull = z.object({
  repo: z.string().max(128),
  root: bytes32,
  day: z.int().min(0).max(0xffff_ffff).optional(),
  signature: hex.max(2 + 2 * 4096).optional(),
})
export type CountPull = z.output<typeof CountPull>

/** Answer to it. */
export const PullCounted = z.discriminatedUnion('counted', [
  z.object({ counted: z.literal(false), reason: z.enum(['repeated', 'excluded', 'private']) }),
  z.object({
    ...{ counted: z.literal(true), receipt: z.record(z.string(), z.unknown()) },
    ...{ by: z.enum(['wallet', 'hub']), signer: z.string(), signature: hex },
  }),
])
export type PullCounted = z.input<typeof PullCounted>

const pull = z.object({
  repo: z.string().max(128),
  versionRoot: bytes32,
  puller: address,
  tag: bytes32,
  day: z.int().min(0),
  modelId: decimal,
  paid: z.boolean(),
  signer: address,
  signature: hex,
})
const usage = z.object({
  channelId: bytes32,
  modelId: decimal,
  payer: address,
  feeMicroUsdc: decimal,
  repo: z.string(),
})
const like = z.object({ modelId: decimal, account: address, repo: z.string() })

/** The inputs of one UTC day as they are published; their CID stands on chain beside the roots. */
export const Day = z.object({
  format: z.literal('dehug.signals.day.v1'),
  epoch: z.int().min(0),
  pulls: z.array(pull).max(50_000),
  usage: z.array(usage).max(50_000),
  likes: z.array(like).max(50_000),
})
export type Day = z.output<typeof Day>

/** The winners of a season as they are published; `subject` is the model of kind 6. */
export const Season = z.object({
  format: z.literal('dehug.season.v1'),
  season: z.int().min(0),
  winners: z
    .array(
      z.object({
        ...{ kind: z.int().min(4).max(6), rank: z.int().min(1).max(SeasonWinner.places), account: address },
        ...{ subject: decimal, score: decimal },
      }),
    )
    .max(3 * SeasonWinner.places),
})
export type Season = z.input<typeof Season>

/** What the formula takes of it. */
export const inputsOf = ({ pulls, usage, likes }: Day): Signals.Inputs => ({
  pulls: pulls.map(({ repo, versionRoot, puller, tag, day, modelId, paid }) => ({
    modelId: BigInt(modelId),
    receipt: PullReceipt.parse({ repo, versionRoot, puller, tag, day }),
    paid,
  })),
  usage: usage.map(({ channelId, modelId, payer, feeMicroUsdc }) => ({
    ...{ channelId, payer, modelId: BigInt(modelId), fee: BigInt(feeMicroUsdc) },
  })),
  likes: likes.map(({ modelId, account }) => ({ modelId: BigInt(modelId), account })),
})

/** `POST /api/dehug/notifications/read`; without ids all. */
export const ReadNotifications = z.object({ ids: z.array(z.uuid()).max(500).optional() })

const time = z.iso.datetime()
const count = z.int().min(0)
const key = z.string()

/** `GET /api/dehug/pulls/{type}/{ns}/{name}` */
export const Pulls = z.object({
  repo: key,
  verifiedPulls30d: count,
  days: z.array(z.object({ day: count, root: bytes32, pulls: count })),
})

/** `GET /api/dehug/signals` */
export const Days = z.object({
  formula: z.looseObject({ name: z.string(), halfLifeDays: z.number() }),
  /** Whose signature pull receipts of people without a wallet have. */
  pullSigner: address,
  epochs: z.array(z.object({ epoch: count, pulls: count, usage: count, models: count, complete: z.boolean() })),
})

const roots = z.object({ pulls: bytes32, usage: bytes32, scores: bytes32 })
const score = z.object({
  ...{ modelId: decimal, repo: key.optional(), pulls: count, paidPulls: count, likes: count, payers: count },
  ...{ feeMicroUsdc: decimal, usagePoints: count, score: count },
})

/** `GET /api/dehug/signals/{epoch}` */
export const DayFound = Day.extend({
  ...{ complete: z.boolean(), formula: z.string(), roots: roots.nullable() },
  counts: z.object({ pulls: count, usage: count, models: count }),
  scores: z.array(score),
  oracle: z
    .object({
      ...{ address, poster: address },
      posted: z.object({ roots, dataCid: z.string(), at: time, contested: z.boolean() }).nullable(),
    })
    .nullable(),
})

const named = { address, name: z.string().nullable() }
const rank = z.int().min(1)

/** A result of an evaluation: `card` is the word of whoever wrote the model card, `manifest` is signed and anchored. */
export const Evaluation = z.object({
  ...{ task: z.string(), dataset: z.string(), datasetSha256: z.string().nullable(), metric: z.string() },
  ...{ value: z.number(), source: z.enum(['card', 'manifest']) },
  /** Whether a public data set here holds the very file that a signed result names. */
  verified: z.boolean(),
  ...{ commit: z.string(), root: bytes32.nullable(), runner: address.nullable() },
})

/** `GET /api/dehug/models/{ns}/{name}/evaluations` */
export const Evaluations = z.object({ results: z.array(Evaluation) })

const boardOf = <K extends string, E extends z.ZodRawShape>(kind: K, source: 'chain' | 'statements', entry: E) =>
  z.object({
    ...{ kind: z.literal(kind), period: z.enum(['7d', '30d', 'all']), source: z.literal(source), asOf: time },
    entries: z.array(z.object({ rank, ...entry })),
  })

/** `GET /api/dehug/leaderboards` */
export const BoardQuery = z.object({
  kind: z.enum(['creators', 'providers', 'models', 'evals']).default('models'),
  period: z.enum(['7d', '30d', 'all']).default('30d'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** Of `evals`: `dataset` also without config and split. */
  ...{ task: z.string().optional(), dataset: z.string().optional(), metric: z.string().optional() },
  source: z.enum(['card', 'manifest']).optional(),
})
export const Board = z.discriminatedUnion('kind', [
  boardOf('creators', 'chain', {
    ...{ ...named, fullname: z.string().nullable(), models: count, revenueMicroUsdc: decimal },
  }),
  boardOf('providers', 'chain', {
    ...{ ...named, url: z.string(), jobs: count, revenueMicroUsdc: decimal, stakeMicroUsdc: decimal },
    /** Days with a settled claim, and the part of the days since the first one in the period. */
    ...{ activeDays: count, uptime: z.number().min(0).max(1), servingNow: z.boolean(), lastClaimAt: time },
  }),
  boardOf('models', 'chain', {
    ...{ repo: key, modelId: decimal, jobs: count, revenueMicroUsdc: decimal, payers: count },
    ...{ score: z.number(), verifiedPulls: count },
  }),
  boardOf('evals', 'statements', { repo: key, ...Evaluation.shape }),
])

const badgeKind = { name: z.string(), title: z.string(), rule: z.string(), proof: z.enum(['chain', 'season']) }

/** `GET /api/dehug/badges` */
export const BadgeKinds = z.object({
  contract: address.nullable(),
  kinds: z.array(z.object({ kind: z.int().min(1), ...badgeKind })),
})

const badge = z.object({
  ...{ id: decimal, kind: z.int().min(1), ...badgeKind, issuer: address.nullable(), evidence: decimal },
  ...{ burned: z.boolean(), txHash: bytes32, season: count.nullable(), rank: rank.nullable(), awardedAt: time },
})

/** `GET /api/dehug/badges/{account}`; what is claimable comes with the proof that the contract takes. */
export const Badges = z.object({
  address: address.nullable(),
  badges: z.array(badge),
  claimable: z.array(
    z.object({
      ...{ kind: z.int().min(1), ...badgeKind },
      ...{ modelId: decimal.nullable().optional(), channelIds: z.array(bytes32).optional() },
      /** Of a season: the place, who said so, and the way to the root that they published. */
      ...{ season: count.optional(), rank: rank.optional(), score: decimal.optional() },
      ...{ issuer: address.optional(), merkleProof: z.array(bytes32).optional() },
    }),
  ),
})

const season = {
  ...{ season: count, from: time, to: time, state: z.enum(['running', 'over', 'posted', 'final', 'struck']) },
  /** What this network's poster published of it. */
  ...{ root: bytes32.nullable(), dataCid: z.string().nullable() },
}

/** `GET /api/dehug/seasons` */
export const Seasons = z.object({ seasons: z.array(z.object(season)) })

/** `GET /api/dehug/seasons/{season}`; winners that were published come with the proof that `Badges` takes. */
export const SeasonFound = z.object({
  ...season,
  standings: z.array(
    z.object({
      ...{ season: count, kind: z.int().min(4).max(6), rank, account: address, name: z.string().nullable() },
      ...{ repo: key.nullable(), modelId: decimal.nullable(), score: decimal, proof: z.array(bytes32).optional() },
    }),
  ),
})

/** `GET /api/dehug/reputation/{account}` */
export const Reputation = z.object({
  ...{ account: z.string(), address: address.nullable(), formula: z.string(), score: count },
  parts: z.array(z.object({ part: z.string(), count: z.number(), points: z.number(), source: z.string() })),
})

const shownRepo = z.object({
  ...{ id: z.string(), likes: count, downloads: count, verifiedPulls: count, updatedAt: time },
})

/** `GET /api/dehug/profiles/{account}` */
export const Profile = z.object({
  account: z.object({
    ...{ name: z.string().nullable(), fullname: z.string().nullable(), kind: z.enum(['user', 'org', 'wallet']) },
    ...{ address: address.nullable(), createdAt: time.nullable(), avatarUrl: z.string().nullable() },
  }),
  counts: z.object({
    ...{ models: count, datasets: count, spaces: count, followers: count, following: count, likes: count },
  }),
  ...{ isFollowing: z.boolean(), models: z.array(shownRepo), datasets: z.array(shownRepo) },
  badges: z.array(badge),
  reputation: z.object({ score: count }),
  revenue: z.object({ creatorMicroUsdc: decimal, holderMicroUsdc: decimal, models: count }).nullable(),
})

/** `GET /api/dehug/notifications` */
export const Notifications = z.object({
  unread: count,
  items: z.array(
    z.object({
      ...{ id: z.uuid(), kind: z.string(), at: time, read: z.boolean() },
      ...{ repo: key.nullable(), actor: z.string().nullable(), title: z.string(), url: z.string() },
    }),
  ),
  next: z.string().nullable(),
})
export const NotificationsRead = z.object({ unread: count })
