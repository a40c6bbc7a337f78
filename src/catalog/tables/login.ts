import { bigint, index, integer, jsonb, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, id, moment } from './columns.ts'
import { repoId } from './repos.ts'

/** Where the user a row belongs to goes, the row goes too. */
const userId = () => uuid('user_id').references(() => accounts.id, { onDelete: 'cascade' })

/** Programs that ask people for access (RFC 6749 calls them clients); `id` is their client_id. */
export const oauthApps = catalog.table(
  'oauth_apps',
  {
    id: id(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    redirectUris: text('redirect_uris').array().notNull(),
    scopes: text('scopes').array().notNull(),
    /** SHA-256 of the secret; null for public clients. */
    secretHash: text('secret_hash'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('oauth_apps_owner').on(table.ownerId)],
)

/** One permission given to one program: the family of all tokens that came of it. */
export const oauthGrants = catalog.table(
  'oauth_grants',
  {
    id: id(),
    clientId: text('client_id').notNull(),
    userId: userId().notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: moment('created_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [index('oauth_grants_user').on(table.userId)],
)

/** What a fine-grained token may do: `entity` is the key of an account (`lab`) or of a repository (`model:lab/x`). */
export type Rights = {
  /** On everything of the token's user. */
  global: string[]
  canReadGatedRepos: boolean
  scoped: { entity: string; permissions: string[] }[]
}

export const tokens = catalog.table(
  'tokens',
  {
    id: id(),
    userId: userId().notNull(),
    name: text('name').notNull(),
    /** SHA-256 of the token; the token itself is shown once and never stored. */
    hash: text('hash').notNull(),
    scope: text('scope', { enum: ['read', 'write', 'fineGrained'] }).notNull(),
    /** Of fine-grained tokens; null for the others. */
    rights: jsonb('rights').$type<Rights>(),
    /** The permission of a program this token came of; null for tokens that people made. */
    grantId: uuid('grant_id').references(() => oauthGrants.id, { onDelete: 'cascade' }),
    spendCapMicroUsdc: bigint('spend_cap_micro_usdc', { mode: 'bigint' }),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
    /** To the hour. */
    lastUsedAt: moment('last_used_at'),
  },
  (table) => [
    uniqueIndex('tokens_hash').on(table.hash),
    index('tokens_user').on(table.userId),
    index('tokens_grant').on(table.grantId),
    /** Finds the tokens that name a repository when it gets another name or goes. */
    index('tokens_rights').using('gin', table.rights.op('jsonb_path_ops')),
  ],
)

/** What a person allowed a program before, so that they are not asked again. */
export const oauthConsents = catalog.table(
  'oauth_consents',
  {
    userId: userId().notNull(),
    clientId: text('client_id').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.clientId] })],
)

/** Authorization codes by the SHA-256 of their text. `grantId` is set when the code is used, so that a replay ends it. */
export const oauthCodes = catalog.table(
  'oauth_codes',
  {
    hash: text('hash').primaryKey(),
    clientId: text('client_id').notNull(),
    userId: userId().notNull(),
    redirectUri: text('redirect_uri').notNull(),
    scopes: text('scopes').array().notNull(),
    /** Base64url SHA-256 of the verifier (RFC 7636, S256). */
    challenge: text('challenge'),
    nonce: text('nonce'),
    grantId: uuid('grant_id').references(() => oauthGrants.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
  },
  (table) => [index('oauth_codes_expires').on(table.expiresAt)],
)

/** Refresh tokens by the SHA-256 of their text; each works once. */
export const oauthRefreshTokens = catalog.table(
  'oauth_refresh_tokens',
  {
    hash: text('hash').primaryKey(),
    grantId: uuid('grant_id')
      .notNull()
      .references(() => oauthGrants.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
  },
  (table) => [index('oauth_refresh_grant').on(table.grantId)],
)

/** Devices that wait for a person's approval (RFC 8628). */
export const deviceCodes = catalog.table(
  'device_codes',
  {
    /** SHA-256 of the device code. */
    hash: text('hash').primaryKey(),
    /** What the person types, without its dash. */
    userCode: text('user_code').notNull(),
    clientId: text('client_id').notNull(),
    scopes: text('scopes').array().notNull(),
    status: text('status', { enum: ['pending', 'approved', 'denied'] }).notNull(),
    userId: userId(),
    intervalSeconds: integer('interval_seconds').notNull(),
    polledAt: moment('polled_at'),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('device_codes_user_code').on(table.userCode),
    index('device_codes_expires').on(table.expiresAt),
  ],
)

/** Browsers that are signed in, by the SHA-256 of their cookie. */
export const sessions = catalog.table(
  'sessions',
  {
    hash: text('hash').primaryKey(),
    userId: userId().notNull(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('sessions_expires').on(table.expiresAt), index('sessions_user').on(table.userId)],
)

/** How often somebody tried something that may be guessed, by a window of time. */
export const attempts = catalog.table(
  'attempts',
  {
    subject: text('subject').notNull(),
    windowStart: moment('window_start').notNull(),
    count: integer('count').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subject, table.windowStart] }),
    index('attempts_window').on(table.windowStart),
  ],
)

/**
 * Repositories whose owner lets the hub anchor commits. The row is also the queue: there is work where `anchoredHead`
 * is not the head of the repository.
 */
export const delegations = catalog.table(
  'delegations',
  {
    repoId: repoId().primaryKey(),
    delegate: text('delegate').notNull(),
    ownerEpoch: text('owner_epoch').notNull(),
    expiresAt: moment('expires_at').notNull(),
    /** The commit that was anchored last, or that never can be. */
    anchoredHead: text('anchored_head'),
    /** Whoever works on it has it until then. */
    leasedUntil: moment('leased_until'),
    tries: integer('tries').notNull().default(0),
    retryAt: moment('retry_at'),
    lastError: text('last_error'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('delegations_retry').on(table.retryAt)],
)
