import { index, onchainTable, primaryKey } from 'ponder'

export const namespace = onchainTable('namespace', (t) => ({
  name: t.text().primaryKey(),
  owner: t.hex().notNull(),
  at: t.bigint().notNull(),
  txHash: t.hex().notNull(),
}))

export const model = onchainTable(
  'model',
  (t) => ({
    /** Also the NFT's token id. */
    id: t.bigint().primaryKey(),
    /** The current key, "type:namespace/name". */
    repo: t.text().notNull(),
    type: t.text().notNull(),
    namespace: t.text().notNull(),
    name: t.text().notNull(),
    owner: t.hex().notNull(),
    ownerEpoch: t.bigint().notNull(),
    head: t.hex(),
    versions: t.integer().notNull(),
    creatorBps: t.integer().notNull(),
    creatorShareBps: t.integer().notNull(),
    royaltyBps: t.integer().notNull(),
    termsHash: t.hex(),
    /** Sum of all fees claimed for the model, and what its two ledgers got of them. */
    claimed: t.bigint().notNull(),
    creatorTotal: t.bigint().notNull(),
    holderTotal: t.bigint().notNull(),
    royaltyTotal: t.bigint().notNull(),
    jobs: t.bigint().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ owner: index().on(table.owner), repo: index().on(table.repo) }),
)

/** Every key a model has or had; the old ones redirect for ever. */
export const modelName = onchainTable('model_name', (t) => ({
  repo: t.text().primaryKey(),
  modelId: t.bigint().notNull(),
  current: t.boolean().notNull(),
  at: t.bigint().notNull(),
}))

export const version = onchainTable(
  'version',
  (t) => ({
    modelId: t.bigint().notNull(),
    root: t.hex().notNull(),
    /** Counts from 1 in order of publication. */
    index: t.integer().notNull(),
    parent: t.hex().notNull(),
    manifestCid: t.hex().notNull(),
    fileCount: t.bigint().notNull(),
    publisher: t.hex().notNull(),
    ownerEpoch: t.bigint().notNull(),
    delegated: t.boolean().notNull(),
    deprecated: t.boolean().notNull(),
    reason: t.text(),
    successor: t.hex(),
    at: t.bigint().notNull(),
    block: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.modelId, table.root] }), root: index().on(table.root) }),
)

/** Where each tag points now; `root` is null for a removed tag. */
export const tag = onchainTable(
  'tag',
  (t) => ({
    modelId: t.bigint().notNull(),
    tag: t.text().notNull(),
    root: t.hex(),
    nonce: t.bigint().notNull(),
    at: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.modelId, table.tag] }) }),
)

export const delegate = onchainTable(
  'delegate',
  (t) => ({
    modelId: t.bigint().notNull(),
    delegate: t.hex().notNull(),
    ownerEpoch: t.bigint().notNull(),
    expiry: t.bigint().notNull(),
    at: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.modelId, table.delegate, table.ownerEpoch] }) }),
)

export const transfer = onchainTable(
  'transfer',
  (t) => ({
    id: t.text().primaryKey(),
    modelId: t.bigint().notNull(),
    from: t.hex().notNull(),
    to: t.hex().notNull(),
    at: t.bigint().notNull(),
    block: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ model: index().on(table.modelId) }),
)
