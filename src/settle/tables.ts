import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  check,
  index,
  integer,
  numeric,
  pgSchema,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Hex } from '../core/index.ts'

/** Schema of the provider's book. Money is µUSDC, `hex` columns are lower-case `0x…`, times are unix ms unless said. */
export const ledger = pgSchema('ledger')

const hex = (name: string) => text(name).$type<Hex>()
const uint = (name: string) => numeric(name, { precision: 78, scale: 0, mode: 'bigint' })
const integer64 = (name: string) => bigint(name, { mode: 'bigint' })

/** One row a channel this provider serves. The checks are the payment protocol's: nothing may be owed beyond a signature. */
export const channels = ledger.table(
  'channels',
  {
    channelId: hex('channel_id').primaryKey(),
    provider: hex('provider').notNull(),
    session: hex('session').notNull(),
    payer: hex('payer').notNull(),
    key: hex('key').notNull(),
    modelId: uint('model_id').notNull(),
    lane: bigint('lane', { mode: 'number' }).notNull(),
    state: text('state').$type<'open' | 'closing' | 'closed'>().notNull(),
    /** Unix s; set while closing. */
    closeAt: integer64('close_at'),
    locked: uint('locked').notNull(),
    /** As far as the chain is known to have paid. */
    claimed: uint('claimed').notNull(),
    claimedSeq: integer64('claimed_seq').notNull(),
    spent: uint('spent').notNull(),
    reserved: uint('reserved').notNull(),
    seq: integer64('seq').notNull(),
    ceiling: uint('ceiling').notNull(),
    voucherN: uint('voucher_n'),
    voucherContext: hex('voucher_context'),
    voucherSignature: hex('voucher_signature'),
    /** The batch whose claim is on its way; a channel is never in two. */
    batchId: integer64('batch_id'),
  },
  (table) => [
    index('channels_provider').on(table.provider, table.state),
    check(
      'covered',
      sql`${table.spent} + ${table.reserved} <= ${table.ceiling} and ${table.ceiling} <= ${table.locked}`,
    ),
    check('claimed_is_spent', sql`${table.claimed} <= ${table.spent} and ${table.claimedSeq} <= ${table.seq}`),
    check('never_negative', sql`${table.reserved} >= 0 and ${table.claimed} >= 0`),
  ],
)

/** One row a job; after `state` is `done` it holds all that its receipt says. */
export const jobs = ledger.table(
  'jobs',
  {
    provider: hex('provider').notNull(),
    jobId: hex('job_id').notNull(),
    channelId: hex('channel_id').notNull(),
    state: text('state').$type<'reserved' | 'done'>().notNull(),
    context: hex('context').notNull(),
    requestHash: hex('request_hash').notNull(),
    salt: hex('salt').notNull(),
    versionRoot: hex('version_root').notNull(),
    maxFee: uint('max_fee').notNull(),
    startedAt: integer64('started_at').notNull(),
    engine: hex('engine'),
    status: smallint('status'),
    seq: integer64('seq'),
    fee: uint('fee'),
    spent: uint('spent'),
    unitsIn: uint('units_in'),
    unitsOut: uint('units_out'),
    unitsMs: uint('units_ms'),
    answerHash: hex('answer_hash'),
    finishedAt: integer64('finished_at'),
    failure: text('failure'),
    /** Canonical JSON; as text, since jsonb cannot hold \u0000. */
    answer: text('answer'),
    retainUntil: integer64('retain_until'),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.jobId] }),
    uniqueIndex('jobs_seq').on(table.channelId, table.seq).where(sql`seq is not null`),
    index('jobs_reserved').on(table.provider).where(sql`state = 'reserved'`),
    index('jobs_retained').on(table.provider, table.retainUntil).where(sql`answer is not null`),
    check('fee_within_quote', sql`${table.fee} is null or (${table.fee} >= 0 and ${table.fee} <= ${table.maxFee})`),
  ],
)

/** One row a claim transaction, from its plan until the chain has decided on every row of it. */
export const batches = ledger.table(
  'batches',
  {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    provider: hex('provider').notNull(),
    state: text('state').$type<'planned' | 'stored' | 'sent' | 'mined'>().notNull(),
    root: hex('root'),
    cid: text('cid'),
    tx: hex('tx'),
    gasUsed: integer64('gas_used'),
    createdAt: integer64('created_at').notNull(),
    /** Whether its one row also gives back the rest of the lock. */
    release: boolean('release').notNull(),
  },
  (table) => [index('batches_unfinished').on(table.provider).where(sql`state <> 'mined'`)],
)

/** What one batch claims on one channel: the receipts with `seqFrom` < seq ≤ `seqTo`, worth `delta`. */
export const batchRows = ledger.table(
  'batch_rows',
  {
    batchId: integer64('batch_id').notNull(),
    channelId: hex('channel_id').notNull(),
    modelId: uint('model_id').notNull(),
    seqFrom: integer64('seq_from').notNull(),
    seqTo: integer64('seq_to').notNull(),
    delta: uint('delta').notNull(),
    spent: uint('spent').notNull(),
    entries: integer('entries').notNull(),
    /** Null until the chain has decided. */
    paid: boolean('paid'),
    reason: text('reason'),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.channelId] })],
)
