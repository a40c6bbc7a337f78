import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { bytea, catalog, id, moment } from './columns.ts'

/** Facts out of file headers and texts, read once for each head; what is not certain is left out. */
export type RepoFacts = {
  /** Weights by number format. */
  safetensors?: { parameters: Record<string, number>; total: number }
  gguf?: { total: number; architecture?: string; context_length?: number; [name: string]: unknown }
  onnx?: { opset?: number; irVersion?: number; producer?: string }
  /** Digest over the files these three were read from. */
  weights?: string
  /** Tags that file names and texts give: formats, libraries, papers. */
  tags?: string[]
  library?: string
  maskToken?: string
  description?: string
  citation?: string
  evalResults?: Record<string, unknown>[]
  /** Bytes of all files at the head. */
  size?: number
}

/** Whom the automatic gate lets in; without a rule everybody who asks. */
export type Gate = {
  /** Ids of organisations whose members are let in. */
  members?: string[]
  /** Keys of models; whoever holds the NFT of one is let in. */
  holders?: string[]
}

export const repos = catalog.table(
  'repos',
  {
    id: id(),
    /** `model:ns/name`, lower-case. */
    key: text('key').notNull(),
    type: text('type', { enum: ['model', 'dataset', 'space'] }).notNull(),
    namespace: text('namespace').notNull(),
    name: text('name').notNull(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => accounts.id),
    creatorId: uuid('creator_id')
      .notNull()
      .references(() => accounts.id),
    /** `protected` is private under another name: its code is hidden, and no runtime shows anything else. */
    visibility: text('visibility', { enum: ['public', 'private', 'protected'] }).notNull(),
    /** Files are for those who were let in: at once by the rule, or by hand. Null: for everybody who may read. */
    gated: text('gated', { enum: ['auto', 'manual'] }),
    gate: jsonb('gate').$type<Gate>().notNull().default({}),
    /** Of a space. */
    sdk: text('sdk'),
    /** Commit of `refs/heads/main`, kept beside it for listings. */
    head: text('head').notNull(),
    card: jsonb('card').$type<Record<string, unknown>>().notNull().default({}),
    config: jsonb('config').$type<Record<string, unknown>>(),
    /** What the files at `factsOf` say about themselves; see RepoFacts. */
    facts: jsonb('facts').$type<RepoFacts>().notNull().default({}),
    /** The commit that card, config, facts and labels were read from; another one than `head` means they are to be read. */
    factsOf: text('facts_of').notNull().default(''),
    /** Files at `factsOf`. */
    fileCount: integer('file_count').notNull().default(0),
    /** Weights counted in the headers of the files; 0 where nothing tells. */
    parameters: bigint('parameters', { mode: 'number' }).notNull().default(0),
    tags: text('tags').array().notNull().default(sql`'{}'`),
    pipelineTag: text('pipeline_tag'),
    libraryName: text('library_name'),
    downloads: integer('downloads').notNull().default(0),
    likes: integer('likes').notNull().default(0),
    /** Activity with forward decay: old numbers need no update, and their order never changes by itself. */
    trending: doublePrecision('trending').notNull().default(0),
    /** Where the newest anchored version was imported from; null for what its author published. */
    source: jsonb('source').$type<Record<string, unknown>>(),
    usedStorage: bigint('used_storage', { mode: 'number' }).notNull().default(0),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('repos_key').on(table.key),
    index('repos_owner').on(table.ownerId),
    index('repos_updated').on(table.type, table.updatedAt, table.id),
    index('repos_created').on(table.type, table.createdAt, table.id),
    index('repos_downloads').on(table.type, table.downloads, table.id),
    index('repos_likes').on(table.type, table.likes, table.id),
    index('repos_trending').on(table.type, table.trending, table.id),
    index('repos_parameters').on(table.type, table.parameters, table.id),
    index('repos_storage').on(table.type, table.usedStorage, table.id),
    index('repos_pipeline').on(table.type, table.pipelineTag, table.trending, table.id),
    index('repos_author').on(sql`lower(${table.namespace})`, table.type, table.trending, table.id),
    index('repos_tags').using('gin', table.tags),
    index('repos_words').using('gin', sql`lower(${table.namespace} || '/' || ${table.name}) gin_trgm_ops`),
    index('repos_links').using('gin', sql`${table.card} jsonb_path_ops`).where(sql`type = 'space'`),
  ],
)

/** The repository a row belongs to and goes with. */
export const repoId = () =>
  uuid('repo_id')
    .notNull()
    .references(() => repos.id, { onDelete: 'cascade' })

export const refs = catalog.table(
  'refs',
  {
    repoId: repoId(),
    name: text('name').notNull(),
    /** The commit, also where a tag object stands in between. */
    oid: text('oid').notNull(),
    /** The tag object of an annotated tag. */
    tagOid: text('tag_oid'),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.name] })],
)

/** Commits, trees and annotated tags in git's own encoding. Blobs live in the store; see `blobs`. */
export const gitObjects = catalog.table(
  'git_objects',
  {
    repoId: repoId(),
    oid: text('oid').notNull(),
    kind: text('kind', { enum: ['commit', 'tree', 'tag'] }).notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.oid] })],
)

/** The file contents a repository may reference. For `lfs` rows `oid` is the blob of the pointer file. */
export const blobs = catalog.table(
  'blobs',
  {
    repoId: repoId(),
    oid: text('oid').notNull(),
    sha256: text('sha256').notNull(),
    cid: text('cid').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
    lfs: boolean('lfs').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repoId, table.oid] }),
    index('blobs_sha256').on(table.sha256),
    index('blobs_cid').on(table.cid),
  ],
)

/** Bytes a person proved to have by sending them; only these, and what they can read, may enter their commits. */
export const uploads = catalog.table(
  'uploads',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    sha256: text('sha256').notNull(),
    cid: text('cid').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.sha256] })],
)

/** Manifests known to the hub; `tx` is set once the root is anchored on chain. */
export const versions = catalog.table(
  'versions',
  {
    repoId: repoId(),
    root: text('root').notNull(),
    manifestCid: text('manifest_cid').notNull(),
    commit: text('commit').notNull(),
    parent: text('parent').notNull(),
    fileCount: integer('file_count').notNull(),
    /** Whether a delegate of the owner signed it. */
    delegated: boolean('delegated').notNull().default(false),
    tx: text('tx'),
    createdAt: moment('created_at').notNull(),
    anchoredAt: moment('anchored_at'),
  },
  (table) => [
    primaryKey({ columns: [table.repoId, table.root] }),
    index('versions_commit').on(table.repoId, table.commit),
    index('versions_manifest').on(table.manifestCid),
  ],
)
