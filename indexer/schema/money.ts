import { index, onchainTable, primaryKey } from 'ponder'

/** Present shares of the Creator ledger, in basis points. */
export const creatorShare = onchainTable(
  'creator_share',
  (t) => ({ modelId: t.bigint().notNull(), creator: t.hex().notNull(), shareBps: t.integer().notNull() }),
  (table) => ({ pk: primaryKey({ columns: [table.modelId, table.creator] }), creator: index().on(table.creator) }),
)

/** Usage revenue of a model, as the revenue ledger booked it. */
export const credit = onchainTable(
  'credit',
  (t) => ({
    id: t.text().primaryKey(),
    modelId: t.bigint().notNull(),
    amount: t.bigint().notNull(),
    creatorAmount: t.bigint().notNull(),
    holderAmount: t.bigint().notNull(),
    holder: t.hex().notNull(),
    at: t.bigint().notNull(),
    block: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ model: index().on(table.modelId), holder: index().on(table.holder) }),
)

/** Royalties of sales; `token` is null for USDC. */
export const royalty = onchainTable(
  'royalty',
  (t) => ({
    id: t.text().primaryKey(),
    modelId: t.bigint().notNull(),
    token: t.hex(),
    amount: t.bigint().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ model: index().on(table.modelId) }),
)

export const provider = onchainTable('provider', (t) => ({
  address: t.hex().primaryKey(),
  /** Empty until it registers. */
  url: t.text().notNull(),
  stake: t.bigint().notNull(),
  unbonding: t.bigint().notNull(),
  releaseAt: t.bigint(),
  slashed: t.bigint().notNull(),
  /** Fees claimed in all, and the provider's own part of them. */
  claimed: t.bigint().notNull(),
  earned: t.bigint().notNull(),
  jobs: t.bigint().notNull(),
  at: t.bigint().notNull(),
}))

/** Sums of a payer's money; the balance itself is read from the contract. */
export const payer = onchainTable('payer', (t) => ({
  address: t.hex().primaryKey(),
  deposited: t.bigint().notNull(),
  spent: t.bigint().notNull(),
  withdrawn: t.bigint().notNull(),
  at: t.bigint().notNull(),
}))

export const deposit = onchainTable(
  'deposit',
  (t) => ({
    id: t.text().primaryKey(),
    payer: t.hex().notNull(),
    amount: t.bigint().notNull(),
    at: t.bigint().notNull(),
    block: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ payer: index().on(table.payer) }),
)

export const session = onchainTable(
  'session',
  (t) => ({
    id: t.hex().primaryKey(),
    payer: t.hex().notNull(),
    key: t.hex().notNull(),
    cap: t.bigint().notNull(),
    expiry: t.bigint().notNull(),
    modelsRoot: t.hex().notNull(),
    revoked: t.boolean().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ payer: index().on(table.payer), key: index().on(table.key) }),
)

export const channel = onchainTable(
  'channel',
  (t) => ({
    id: t.hex().primaryKey(),
    session: t.hex().notNull(),
    payer: t.hex(),
    provider: t.hex().notNull(),
    modelId: t.bigint().notNull(),
    lane: t.integer().notNull(),
    key: t.hex().notNull(),
    locked: t.bigint().notNull(),
    claimed: t.bigint().notNull(),
    /** Given back to the payer when it closed. */
    returned: t.bigint().notNull(),
    seq: t.bigint().notNull(),
    creatorBps: t.integer().notNull(),
    feeBps: t.integer().notNull(),
    window: t.integer().notNull(),
    /** "open", "closing" or "closed". */
    status: t.text().notNull(),
    closeAt: t.bigint(),
    at: t.bigint().notNull(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({
    session: index().on(table.session),
    provider: index().on(table.provider),
    payer: index().on(table.payer),
    model: index().on(table.modelId),
  }),
)

export const claim = onchainTable(
  'claim',
  (t) => ({
    id: t.text().primaryKey(),
    channelId: t.hex().notNull(),
    provider: t.hex().notNull(),
    modelId: t.bigint().notNull(),
    batchRoot: t.hex().notNull(),
    seqFrom: t.bigint().notNull(),
    seqTo: t.bigint().notNull(),
    delta: t.bigint().notNull(),
    providerAmount: t.bigint().notNull(),
    modelAmount: t.bigint().notNull(),
    feeAmount: t.bigint().notNull(),
    at: t.bigint().notNull(),
    block: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({
    channel: index().on(table.channelId),
    provider: index().on(table.provider),
    model: index().on(table.modelId),
    batch: index().on(table.batchRoot),
    at: index().on(table.at),
    newest: index().on(table.block, table.id),
  }),
)

export const skippedClaim = onchainTable('skipped_claim', (t) => ({
  id: t.text().primaryKey(),
  channelId: t.hex().notNull(),
  provider: t.hex().notNull(),
  reason: t.text().notNull(),
  at: t.bigint().notNull(),
  txHash: t.hex().notNull(),
}))

/** Where a batch of receipts is said to be; whoever sent the claim said so, readers check it against the root. */
export const batch = onchainTable(
  'batch',
  (t) => ({
    id: t.text().primaryKey(),
    provider: t.hex().notNull(),
    batchRoot: t.hex().notNull(),
    batchCid: t.hex().notNull(),
    at: t.bigint().notNull(),
    block: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ root: index().on(table.batchRoot), provider: index().on(table.provider) }),
)

export const withdrawal = onchainTable(
  'withdrawal',
  (t) => ({
    id: t.text().primaryKey(),
    /** "free" (a payer), "credit" (a provider), "revenue" (a creator or holder) or "stake". */
    kind: t.text().notNull(),
    account: t.hex().notNull(),
    to: t.hex().notNull(),
    amount: t.bigint().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ account: index().on(table.account) }),
)

export const challenge = onchainTable('challenge', (t) => ({
  id: t.text().primaryKey(),
  channelId: t.hex().notNull(),
  provider: t.hex().notNull(),
  payer: t.hex().notNull(),
  compensation: t.bigint().notNull(),
  penalty: t.bigint().notNull(),
  at: t.bigint().notNull(),
  txHash: t.hex().notNull(),
}))
