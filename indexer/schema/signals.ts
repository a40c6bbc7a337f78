import { index, onchainTable, primaryKey } from 'ponder'

/** What a poster said of a UTC day; `struck` once it was shown to be false. A later post of the day replaces a struck one. */
export const oraclePost = onchainTable(
  'oracle_post',
  (t) => ({
    poster: t.hex().notNull(),
    epoch: t.bigint().notNull(),
    pulls: t.hex().notNull(),
    usage: t.hex().notNull(),
    scores: t.hex().notNull(),
    dataCid: t.hex().notNull(),
    struck: t.boolean().notNull(),
    struckBy: t.hex(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.poster, table.epoch] }), epoch: index().on(table.epoch) }),
)

/** A model as the oracle recorded it last from one poster's days; in thousandths of a point, and µUSDC. */
export const oracleScore = onchainTable(
  'oracle_score',
  (t) => ({
    poster: t.hex().notNull(),
    modelId: t.bigint().notNull(),
    epoch: t.bigint().notNull(),
    score: t.bigint().notNull(),
    fee: t.bigint().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.poster, table.modelId] }), model: index().on(table.modelId) }),
)

/** Each day of a model that the oracle recorded, with the points of that day; in thousandths of a point, and µUSDC. */
export const oracleRecord = onchainTable(
  'oracle_record',
  (t) => ({
    id: t.text().primaryKey(),
    poster: t.hex().notNull(),
    modelId: t.bigint().notNull(),
    epoch: t.bigint().notNull(),
    points: t.bigint().notNull(),
    score: t.bigint().notNull(),
    fee: t.bigint().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ model: index().on(table.modelId), epoch: index().on(table.epoch) }),
)

/** Soul-bound badges; `issuer` is null for those that the chain proves. */
export const badge = onchainTable(
  'badge',
  (t) => ({
    id: t.bigint().primaryKey(),
    account: t.hex().notNull(),
    kind: t.integer().notNull(),
    issuer: t.hex(),
    season: t.bigint().notNull(),
    rank: t.integer().notNull(),
    /** A model id, a channel, or zero. */
    evidence: t.bigint().notNull(),
    burned: t.boolean().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account), season: index().on(table.season) }),
)

/** Winners of a season in the words of one issuer. */
export const season = onchainTable(
  'season',
  (t) => ({
    issuer: t.hex().notNull(),
    season: t.bigint().notNull(),
    root: t.hex().notNull(),
    dataCid: t.hex().notNull(),
    struck: t.boolean().notNull(),
    struckBy: t.hex(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.issuer, table.season] }), season: index().on(table.season) }),
)
