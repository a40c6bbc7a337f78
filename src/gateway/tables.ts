import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

/** What a gateway must remember. Chain and providers can rebuild all of it but the idempotency keys and kept answers. */
export const gateway = pgSchema('gateway')

const micro = (name: string) => bigint(name, { mode: 'bigint' })

/** Session keys seen on chain, with the models behind `modelsRoot` where the payer told us. */
export const sessions = gateway.table(
  'sessions',
  {
    session: text().primaryKey(),
    key: text().notNull(),
    payer: text().notNull(),
    /** Decimal model ids; null allows any. */
    models: jsonb().$type<string[]>(),
    openedAt: timestamp('opened_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('sessions_key').on(table.key)],
)

/** One row per channel this gateway signed for. */
export const channels = gateway.table(
  'channels',
  {
    channelId: text('channel_id').primaryKey(),
    session: text().notNull(),
    key: text().notNull(),
    payer: text().notNull(),
    provider: text().notNull(),
    modelId: text('model_id').notNull(),
    lane: bigint({ mode: 'number' }).notNull(),
    /** `retiring`: takes no more jobs and is being closed on chain. */
    state: text({ enum: ['open', 'retiring', 'closed'] }).notNull(),
    locked: micro('locked').notNull(),
    n: micro('n').notNull(),
    ceiling: micro('ceiling').notNull(),
    spent: micro('spent').notNull(),
    seq: micro('seq').notNull(),
    voucher: jsonb(),
    receipt: jsonb(),
    /** RequestClose with the session key's signature, made while the key was at hand. */
    closeRequest: jsonb('close_request'),
    /** Steps taken to close it, and when the next one is due. */
    closeTries: integer('close_tries').notNull().default(0),
    closeDueAt: timestamp('close_due_at', { withTimezone: true }),
    /** Since when the chain says that it is closed; a reorganisation may take that back. */
    closedSince: timestamp('closed_since', { withTimezone: true }),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('channels_key').on(table.key, table.state),
    index('channels_session').on(table.session),
    index('channels_retiring').on(table.closeDueAt).where(sql`${table.state} = 'retiring'`),
    index('channels_open').on(table.updatedAt).where(sql`${table.state} = 'open'`),
  ],
)

/** Offers that were used, so that each receipt can be checked later. */
export const offers = gateway.table('offers', {
  offerHash: text('offer_hash').primaryKey(),
  repo: text().notNull(),
  offer: jsonb().notNull(),
  signature: text().notNull(),
})

/** Who serves what now, for the hub to show; a row whose `validUntil` is over says nothing any more. */
export const serving = gateway.table(
  'serving',
  {
    provider: text().notNull(),
    /** `model:ns/name`, lower-case. */
    repo: text().notNull(),
    task: text().notNull(),
    url: text().notNull(),
    offer: jsonb().notNull(),
    validUntil: timestamp('valid_until', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.repo] }), index('serving_repo').on(table.repo)],
)

/**
 * How providers did in an hour or a day, of one model or (`repo` empty) of all: counts, and spreads of ms to the first
 * token, ms to the end, and tenths of a token a second. Written by Health, shown by the hub.
 */
export const health = gateway.table(
  'health',
  {
    provider: text().notNull(),
    repo: text().notNull(),
    span: text({ enum: ['hour', 'day'] }).notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    /** How often it was asked for its offers, and how often it had them. */
    checks: integer().notNull(),
    checksOk: integer('checks_ok').notNull(),
    answers: integer().notNull(),
    failures: integer().notNull(),
    ttft: integer().array().notNull(),
    latency: integer().array().notNull(),
    speed: integer().array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.repo, table.span, table.at] }),
    index('health_at').on(table.at),
  ],
)

/** One row per job: its terms before it starts where the caller gave an idempotency key, its receipt afterwards. */
export const jobs = gateway.table(
  'jobs',
  {
    jobId: text('job_id').primaryKey(),
    key: text().notNull(),
    channelId: text('channel_id'),
    provider: text(),
    offerHash: text('offer_hash'),
    model: text().notNull(),
    state: text({ enum: ['running', 'done'] }).notNull(),
    /** The gateway process (advisory lock number) that runs it. */
    instance: integer().notNull(),
    requestHash: text('request_hash').notNull(),
    salt: text().notNull(),
    maxFee: micro('max_fee').notNull(),
    voucher: jsonb(),
    receipt: jsonb(),
    signature: text(),
    seq: micro('seq'),
    /** Kept for `answerRetentionMs` where the caller gave an idempotency key. */
    answer: text(),
    retained: boolean().notNull(),
    /** Unix ms. */
    finishedAt: bigint('finished_at', { mode: 'number' }),
  },
  (table) => [
    uniqueIndex('jobs_channel_seq').on(table.channelId, table.seq),
    index('jobs_key_finished').on(table.key, table.finishedAt),
    index('jobs_retained').on(table.finishedAt).where(sql`${table.answer} is not null`),
  ],
)

/** Who gave a false receipt: never used again until an operator removes the row. */
export const bans = gateway.table('bans', {
  /** Its key, or the URL where it was told when the key did not sign it. */
  provider: text().primaryKey(),
  reason: text().notNull(),
  evidence: jsonb().notNull(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow(),
})
