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
export type PullCounted =
  | { counted: false; reason: 'repeated' | 'excluded' | 'private' }
  | { counted: true; receipt: unknown; by: PullReceipt.By; signer: string; signature: string }

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
