import type { Hex } from '../core/index.ts'
import * as ClaimPlan from './ClaimPlan.ts'
import { type ClaimResult, type FinishContext, finishAll, resultsOf, startPass } from './finish-batches.ts'
import { type Released, releaseChannel } from './release-channel.ts'

export type { ClaimResult } from './finish-batches.ts'

export type BatchesOptions = Omit<FinishContext, 'provider'> & {
  limits?: Partial<ClaimPlan.PlanLimits>
  thresholds?: Partial<Thresholds>
  /** A channel with less than this is neither claimed nor released: it would not pay for the gas. Default 0. */
  minimumMicroUsdc?: bigint
}

/** A claim is due when any of these is reached. */
export type Thresholds = { sumMicroUsdc: bigint; receipts: number; ageMs: number }

export const defaultThresholds: Thresholds = { sumMicroUsdc: 5_000_000n, receipts: 10_000, ageMs: 24 * 3_600_000 }

/**
 * 150 rows stay under the 2²⁴ gas that a transaction may use: a row that credits a model for the first time takes
 * about 90,000 (see claim.bench.ts).
 */
const defaultLimits: ClaimPlan.PlanLimits = { maxRows: 150, maxEntries: 20_000 }

/** Turns receipts into claims. All state is in the book, so any step may be cut off and is taken up again. */
export type Batches = {
  /** Whether a threshold is reached. */
  due(): Promise<boolean>
  /**
   * Plans a claim over everything that is unpaid (or over the given channels) and carries all unfinished ones to their
   * end. Throws `ClaimsUnfinished` when all were tried and some could not be sent.
   */
  claim(channelIds?: Hex[]): Promise<ClaimResult[]>
  /** Carries on what an earlier process left unfinished. */
  resume(): Promise<ClaimResult[]>
  /** Claims at once on channels that payers are closing. */
  claimClosing(): Promise<ClaimResult[]>
  /** Finds claims of the last day that the chain has lost (a reorganisation), so that they are made again. Returns the channels. */
  findLostClaims(): Promise<Hex[]>
  /** Channels with money that is spent and not claimed. */
  unpaid(): Promise<Hex[]>
  /** Whether a CID is that of a batch of this provider. */
  published(cid: string): Promise<boolean>
  /**
   * Claims what is due on a channel and gives the rest back to the payer. Throws `Conflict` while jobs run there,
   * `ReleasedAlready`, `ReleaseRefused` and `NotWorthGas`.
   */
  release(channelId: Hex): Promise<Released>
}

export function start(options: BatchesOptions): Batches {
  const context = {
    ...options,
    limits: { ...defaultLimits, ...options.limits },
    thresholds: { ...defaultThresholds, ...options.thresholds },
    minimumMicroUsdc: options.minimumMicroUsdc ?? 0n,
    provider: options.ledger.provider,
  }
  const inTurn = oneAtATime()
  const suspects: Suspects = new Map()
  return {
    due: () => due(context),
    resume: () => inTurn(() => resume(context)),
    claimClosing: () => inTurn(() => claimClosing(context)),
    findLostClaims: () => inTurn(() => findLostClaims(context, suspects)),
    unpaid: () => unpaid(context, { states: ['open', 'closing'], minimumMicroUsdc: 0n }),
    published: async (cid) => {
      const text = 'select 1 from ledger.batches where provider = $1 and cid = $2 limit 1'
      return (await context.pool.query(text, [context.provider, cid])).rowCount === 1
    },
    claim: (channelIds) => inTurn(() => claimAll(context, channelIds)),
    release: (channelId) => inTurn(() => releaseChannel(context, channelId)),
  }
}

type Context = FinishContext & { limits: ClaimPlan.PlanLimits; thresholds: Thresholds; minimumMicroUsdc: bigint }

/** Two claims of one provider at once would race for the same channels. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}

async function due({ pool, provider, thresholds, minimumMicroUsdc, now }: Context): Promise<boolean> {
  const { rows } = await pool.query(
    `select coalesce(sum(spent - claimed), 0) as sum, coalesce(sum(seq - claimed_seq), 0) as receipts,
       min((select finished_at from ledger.jobs j where j.channel_id = c.channel_id and j.seq = c.claimed_seq + 1)) as oldest
     from ledger.channels c
     where provider = $1 and spent > claimed and spent - claimed >= $2 and state <> 'closed' and batch_id is null`,
    [provider, `${minimumMicroUsdc}`],
  )
  const { sum, receipts, oldest } = rows[0]
  if (BigInt(sum) === 0n) return false
  return (
    BigInt(sum) >= thresholds.sumMicroUsdc ||
    Number(receipts) >= thresholds.receipts ||
    (oldest !== null && now() - Number(oldest) >= thresholds.ageMs)
  )
}

async function unpaid(
  { pool, provider }: Context,
  { states, minimumMicroUsdc }: { states: string[]; minimumMicroUsdc: bigint },
): Promise<Hex[]> {
  const text = `select channel_id from ledger.channels
    where provider = $1 and spent > claimed and spent - claimed >= $3 and state = any($2)`
  const { rows } = await pool.query(text, [provider, states, `${minimumMicroUsdc}`])
  return rows.map(({ channel_id }) => channel_id)
}

/** When a channel was first seen with less claimed than the book says. */
type Suspects = Map<Hex, number>

const dayMs = 24 * 3_600_000
/** A node may lag behind; a claim is given up only when it has been missing for this long. */
const missingMs = 15_000

async function findLostClaims(context: Context, suspects: Suspects): Promise<Hex[]> {
  const { pool, provider, chain, ledger, now } = context
  const { rows } = await pool.query(
    `select distinct channel_id, c.claimed from ledger.batch_rows r join ledger.batches b on b.id = r.batch_id
     join ledger.channels c using (channel_id)
     where b.provider = $1 and b.state = 'mined' and r.paid and b.created_at > $2 and c.batch_id is null`,
    [provider, now() - dayMs],
  )
  const lost: Hex[] = []
  for (const { channel_id: channelId, claimed } of rows) {
    const channel = await chain.channel(channelId)
    const { state } = channel
    if (channel.claimed >= BigInt(claimed) || state === 'none') {
      suspects.delete(channelId)
      continue
    }
    const since = suspects.get(channelId) ?? now()
    suspects.set(channelId, since)
    if (now() - since < missingMs) continue
    await ledger.forgetClaim({ ...channel, state })
    suspects.delete(channelId)
    lost.push(channelId)
  }
  return lost
}

async function claimClosing(context: Context): Promise<ClaimResult[]> {
  const channelIds = await unpaid(context, { ...context, states: ['closing'] })
  return channelIds.length === 0 ? [] : claimAll(context, channelIds)
}

async function resume(context: Context): Promise<ClaimResult[]> {
  const pass = startPass()
  await finishAll(context, pass)
  return resultsOf(pass)
}

async function claimAll(context: Context, channelIds?: Hex[]): Promise<ClaimResult[]> {
  const { limits, provider, minimumMicroUsdc, now } = context
  const pass = startPass()
  await finishAll(context, pass)
  const ask = { ...limits, provider, minimumMicroUsdc, now: now(), ...(channelIds && { channelIds }) }
  // A channel with very many receipts takes several batches, one after the other.
  for (let round = 0; round < 100; round += 1) {
    const done = pass.results.length
    if ((await ClaimPlan.plan(context.pool, ask)) === 0) break
    await finishAll(context, pass)
    if (!pass.results.slice(done).some(({ rows }) => rows.some(({ paid }) => paid))) break
  }
  return resultsOf(pass)
}
