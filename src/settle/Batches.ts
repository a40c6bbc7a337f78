import type { Pool } from 'pg'
import { Batch, Claim, type Hex, Release, type Signer, Unavailable } from '../core/index.ts'
import { type ChainChannel, type ClaimChain, type ClaimRow, type RowOutcome, whyUnpaid } from './ClaimChain.ts'
import * as ClaimPlan from './ClaimPlan.ts'
import type { DataAvailability } from './DataAvailability.ts'
import type { Ledger } from './Ledger.ts'
import { zeroHash } from './LedgerJob.ts'
import { inTransaction } from './with-client.ts'

export type BatchesOptions = {
  pool: Pool
  ledger: Ledger
  signer: Signer
  domainSeparator: Hex
  chain: ClaimChain
  da: DataAvailability
  /** Unix ms. */
  now: () => number
  limits?: Partial<ClaimPlan.PlanLimits>
  thresholds?: Partial<Thresholds>
  /** Called before each durable step, so that a test can end the process there. */
  onStep?: (step: 'planned' | 'stored' | 'sending' | 'sent' | 'mined') => void
}

/** A claim is due when any of these is reached. */
export type Thresholds = { sumMicroUsdc: bigint; receipts: number; ageMs: number }

export const defaultThresholds: Thresholds = { sumMicroUsdc: 5_000_000n, receipts: 10_000, ageMs: 24 * 3_600_000 }

/**
 * 150 rows stay under the 2²⁴ gas that a transaction may use: a row that credits a model for the first time takes
 * about 90,000 (see claim.bench.ts).
 */
const defaultLimits: ClaimPlan.PlanLimits = { maxRows: 150, maxEntries: 20_000 }

/** What one claim transaction did. */
export type ClaimResult = {
  batchId: bigint
  root: Hex
  cid: string
  tx: Hex | null
  gasUsed: bigint | null
  rows: (ClaimPlan.PlannedRow & { paid: boolean; reason: string | null })[]
}

/** Turns receipts into claims. All state is in the book, so any step may be cut off and is taken up again. */
export type Batches = {
  /** Whether a threshold is reached. */
  due(): Promise<boolean>
  /** Plans a claim over everything that is unpaid (or over the given channels) and carries all unfinished ones to their end. */
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
  /** Claims what is due on a channel and gives the rest back to the payer. Throws `Conflict` while jobs run there. */
  release(channelId: Hex): Promise<{ spent: bigint; released: bigint; tx: Hex }>
}

export function start(options: BatchesOptions): Batches {
  const context = {
    ...options,
    limits: { ...defaultLimits, ...options.limits },
    thresholds: { ...defaultThresholds, ...options.thresholds },
    provider: options.ledger.provider,
  }
  const inTurn = oneAtATime()
  const suspects: Suspects = new Map()
  return {
    due: () => due(context),
    resume: () => inTurn(() => finishAll(context)),
    claimClosing: () => inTurn(() => claimClosing(context)),
    findLostClaims: () => inTurn(() => findLostClaims(context, suspects)),
    unpaid: () => unpaid(context, ['open', 'closing']),
    published: async (cid) => {
      const text = 'select 1 from ledger.batches where provider = $1 and cid = $2 limit 1'
      return (await context.pool.query(text, [context.provider, cid])).rowCount === 1
    },
    claim: (channelIds) => inTurn(() => claimAll(context, channelIds)),
    release: (channelId) => inTurn(() => release(context, channelId)),
  }
}

type Context = Omit<BatchesOptions, 'limits' | 'thresholds'> & {
  limits: ClaimPlan.PlanLimits
  thresholds: Thresholds
  provider: Hex
}

/** Two claims of one provider at once would race for the same channels. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}

async function due({ pool, provider, thresholds, now }: Context): Promise<boolean> {
  const { rows } = await pool.query(
    `select coalesce(sum(spent - claimed), 0) as sum, coalesce(sum(seq - claimed_seq), 0) as receipts,
       min((select finished_at from ledger.jobs j where j.channel_id = c.channel_id and j.seq = c.claimed_seq + 1)) as oldest
     from ledger.channels c where provider = $1 and spent > claimed and state <> 'closed' and batch_id is null`,
    [provider],
  )
  const { sum, receipts, oldest } = rows[0]
  if (BigInt(sum) === 0n) return false
  return (
    BigInt(sum) >= thresholds.sumMicroUsdc ||
    Number(receipts) >= thresholds.receipts ||
    (oldest !== null && now() - Number(oldest) >= thresholds.ageMs)
  )
}

async function unpaid({ pool, provider }: Context, states: string[]): Promise<Hex[]> {
  const text = 'select channel_id from ledger.channels where provider = $1 and spent > claimed and state = any($2)'
  const { rows } = await pool.query(text, [provider, states])
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
  const channelIds = await unpaid(context, ['closing'])
  return channelIds.length === 0 ? [] : claimAll(context, channelIds)
}

async function claimAll(context: Context, channelIds?: Hex[]): Promise<ClaimResult[]> {
  const earlier = await finishAll(context)
  const done = [...earlier]
  const ask = { ...context.limits, provider: context.provider, now: context.now(), ...(channelIds && { channelIds }) }
  // A channel with very many receipts takes several batches, one after the other.
  for (let round = 0; round < 100; round += 1) {
    if ((await ClaimPlan.plan(context.pool, ask)) === 0) break
    const results = await finishAll(context)
    done.push(...results)
    if (!results.some(({ rows }) => rows.some(({ paid }) => paid))) break
  }
  return done
}

async function finishAll(context: Context): Promise<ClaimResult[]> {
  const results: ClaimResult[] = []
  for (const planned of await ClaimPlan.unfinished(context.pool, context.provider)) {
    results.push(await finish(context, planned))
  }
  return results
}

/** Takes one batch from wherever it stands to its end. */
async function finish(context: Context, planned: ClaimPlan.PlannedBatch): Promise<ClaimResult> {
  const rows = await ClaimPlan.rowsOf(context.pool, planned.id)
  const { root, cid } = await publish(context, planned, rows)
  const before = planned.state === 'sent' ? await outcomes(context, rows) : []
  // One paid row proves that the transaction of an earlier process was mined, and with it all its rows were decided.
  const mined = before.some(({ paid }) => paid)
  const sent = mined
    ? { tx: null, gasUsed: null, outcomes: before }
    : await submit(context, planned, rows, { root, cid })
  return conclude(context, planned, rows, { root, cid, ...sent })
}

async function publish(context: Context, planned: ClaimPlan.PlannedBatch, rows: ClaimPlan.PlannedRow[]) {
  if (planned.root && planned.cid) return { root: planned.root, cid: planned.cid }
  context.onStep?.('planned')
  const batch = await ClaimPlan.build(context.pool, { ...context, id: planned.id }, rows)
  const root = Batch.root(batch)
  const { cid } = await context.da.put(root, Batch.serialize(batch))
  const text = `update ledger.batches set state = 'stored', root = $2, cid = $3 where id = $1`
  await context.pool.query(text, [planned.id.toString(), root, cid])
  context.onStep?.('stored')
  return { root, cid }
}

type Sent = { tx: Hex | null; gasUsed: bigint | null; outcomes: RowOutcome[] }

async function submit(
  context: Context,
  planned: ClaimPlan.PlannedBatch,
  rows: ClaimPlan.PlannedRow[],
  { root, cid }: { root: Hex; cid: string },
): Promise<Sent> {
  const signed = await Promise.all(rows.map((row) => signRow(context, row, root)))
  const text = `update ledger.batches set state = 'sent' where id = $1`
  await context.pool.query(text, [planned.id.toString()])
  context.onStep?.('sending')
  const { tx, gasUsed } = planned.release
    ? await sendRelease(context, signed[0] as ClaimRow, cid)
    : await context.chain.claim(signed, cid)
  context.onStep?.('sent')
  return { tx, gasUsed, outcomes: await outcomes(context, rows) }
}

async function signRow(
  { signer, domainSeparator }: Context,
  row: ClaimPlan.PlannedRow,
  batchRoot: Hex,
): Promise<ClaimRow> {
  const claim = { channelId: row.channelId, seq: row.seqTo, spent: row.spent, batchRoot }
  const claimSignature = await signer.sign(Claim.digest(domainSeparator, claim))
  return { claim, claimSignature, voucher: row.voucher, voucherSignature: row.voucherSignature }
}

/** What the chain's channels say about a batch, whoever sent its transaction and however often. */
async function outcomes({ chain }: Context, rows: ClaimPlan.PlannedRow[]): Promise<RowOutcome[]> {
  return Promise.all(
    rows.map(async ({ channelId, spent, seqTo }) => {
      const channel = await chain.channel(channelId)
      return { channel, paid: channel.claimed >= spent && channel.seq >= seqTo }
    }),
  )
}

async function conclude(
  context: Context,
  planned: ClaimPlan.PlannedBatch,
  rows: ClaimPlan.PlannedRow[],
  sent: Sent & { root: Hex; cid: string },
): Promise<ClaimResult> {
  const nowSeconds = await context.chain.now()
  const result = await Promise.all(
    rows.map(async (row, i) => {
      const { paid, channel } = sent.outcomes[i] as RowOutcome
      await observe(context, channel)
      return { ...row, paid, reason: paid ? null : whyUnpaid(row, channel, nowSeconds) }
    }),
  )
  const id = planned.id.toString()
  await inTransaction(context.pool, async (client) => {
    for (const { channelId, paid, reason } of result) {
      const text = 'update ledger.batch_rows set paid = $3, reason = $4 where batch_id = $1 and channel_id = $2'
      await client.query(text, [id, channelId, paid, reason])
    }
    await client.query('update ledger.channels set batch_id = null where batch_id = $1', [id])
    await client.query(`update ledger.batches set state = 'mined', tx = $2, gas_used = $3 where id = $1`, [
      id,
      sent.tx,
      sent.gasUsed?.toString() ?? null,
    ])
  })
  context.onStep?.('mined')
  return { batchId: planned.id, root: sent.root, cid: sent.cid, tx: sent.tx, gasUsed: sent.gasUsed, rows: result }
}

async function observe({ ledger }: Context, channel: ChainChannel): Promise<void> {
  const { state } = channel
  if (state !== 'none') await ledger.observe({ ...channel, state })
}

const releaseSeconds = 3600

async function sendRelease(context: Context, row: ClaimRow, cid: string): Promise<{ tx: Hex; gasUsed: bigint }> {
  const deadline = BigInt(Math.floor(context.now() / 1000) + releaseSeconds)
  const release = { channelId: row.claim.channelId, spent: row.claim.spent, deadline }
  const signature = await context.signer.sign(Release.digest(context.domainSeparator, release))
  return context.chain.claimAndRelease(row, release, signature, cid)
}

async function release(context: Context, channelId: Hex): Promise<{ spent: bigint; released: bigint; tx: Hex }> {
  const book = await context.ledger.close(channelId)
  await finishAll(context)
  const now = await context.chain.channel(channelId)
  await observe(context, now)
  if (now.state === 'closed') throw new ReleasedAlready(channelId)
  const ask = { ...context.limits, provider: context.provider, now: context.now(), channelIds: [channelId] }
  // Too many receipts for one blob: all but the last part go by plain claims.
  for (;;) {
    if ((await ClaimPlan.plan(context.pool, { ...ask, release: true })) === 0) break
    const [result] = await finishAll(context)
    if (result?.rows[0]?.spent === book.spent && result.tx) {
      return { spent: book.spent, released: now.locked - book.spent, tx: result.tx }
    }
    if (!result?.rows[0]?.paid) throw new ReleaseRefused(channelId, result?.rows[0]?.reason ?? 'unknown')
  }
  const nothingNew: ClaimRow = {
    claim: { channelId, seq: now.seq, spent: now.claimed, batchRoot: zeroHash },
    claimSignature: '0x',
    voucher: { channelId, n: 0n, ceiling: now.claimed, context: zeroHash },
    voucherSignature: '0x',
  }
  const { tx } = await sendRelease(context, nothingNew, '')
  await observe(context, await context.chain.channel(channelId))
  return { spent: now.claimed, released: now.locked - now.claimed, tx }
}

/** The channel is closed on chain; there is nothing to give back. */
export class ReleasedAlready extends Unavailable {
  constructor(channelId: Hex) {
    super(`Channel ${channelId} is closed already.`, { code: 'channel_closed', retryable: false })
  }
}

/** The chain refused the last claim on a channel. */
export class ReleaseRefused extends Unavailable {
  constructor(channelId: Hex, reason: string) {
    super(`Channel ${channelId} could not be released: ${reason}.`, {
      code: 'release_refused',
      hint: 'Request the close on chain; the rest of the lock is free when the window is over.',
    })
  }
}
