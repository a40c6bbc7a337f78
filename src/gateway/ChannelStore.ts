import { and, desc, eq, gte, inArray, isNotNull, isNull, lte, ne, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { type Hex, Receipt, RequestClose, Voucher } from '../core/index.ts'
import * as Book from './Book.ts'
import * as Lane from './Lane.ts'
import type { KnownOffer } from './Providers.ts'
import { channels, jobs, offers } from './tables.ts'

export type ChannelKey = { session: Hex; provider: Hex; modelId: bigint }
export type ChannelRow = typeof channels.$inferSelect
/** A wish to close with the session key's signature. */
export type SignedClose = { request: RequestClose.RequestClose; signature: Hex }

/** Receipts read back, to find one that contradicts them. */
const recentReceipts = 256

/** The row of the latest generation of a channel in this process's lane. */
export async function latest(
  database: NodePgDatabase,
  { session, provider, modelId }: ChannelKey,
  instance: number,
): Promise<ChannelRow | undefined> {
  const [row] = await database
    .select()
    .from(channels)
    .where(
      and(
        eq(channels.session, session),
        eq(channels.provider, provider),
        eq(channels.modelId, modelId.toString()),
        gte(channels.lane, Lane.number(instance, 0)),
        lte(channels.lane, Lane.number(instance, 0xffff)),
      ),
    )
    .orderBy(desc(channels.lane))
    .limit(1)
  return row
}

export async function read(database: NodePgDatabase, channelId: Hex): Promise<ChannelRow | undefined> {
  const [row] = await database.select().from(channels).where(eq(channels.channelId, channelId))
  return row
}

/** Channels of a session key that are not closed as far as is known, in all lanes. */
export const notClosedOf = (database: NodePgDatabase, key: Hex): Promise<ChannelRow[]> =>
  database
    .select()
    .from(channels)
    .where(and(eq(channels.key, key), ne(channels.state, 'closed'), isNull(channels.closedSince)))

/** Writes a new channel down, with the offer it was opened under. */
export async function insert(
  database: NodePgDatabase,
  channelId: Hex,
  terms: ChannelKey & { key: Hex; payer: Hex; lane: number },
): Promise<void> {
  const none = { locked: 0n, n: 0n, ceiling: 0n, spent: 0n, seq: 0n }
  await database
    .insert(channels)
    .values({ ...none, ...terms, channelId, modelId: terms.modelId.toString(), state: 'open' })
    .onConflictDoNothing()
}

export async function insertOffer(database: NodePgDatabase, known: KnownOffer, serialized: unknown): Promise<void> {
  await database
    .insert(offers)
    .values({ offerHash: known.hash, repo: known.model, offer: serialized, signature: known.signature })
    .onConflictDoNothing()
}

/** The chain says that it is closed, or has forgotten it; looked at once more after a while. */
export async function setSeenClosed(database: NodePgDatabase, channelId: Hex, lookInSeconds: number): Promise<void> {
  await database
    .update(channels)
    .set({
      ...{ state: 'retiring', closeDueAt: after(lookInSeconds), updatedAt: sql`now()` },
      closedSince: sql`coalesce(${channels.closedSince}, now())`,
    })
    .where(and(eq(channels.channelId, channelId), ne(channels.state, 'closed')))
}

/** A reorganisation took the closing back. */
export async function setReopened(database: NodePgDatabase, channelId: Hex): Promise<void> {
  await database
    .update(channels)
    .set({ closedSince: null, closeTries: 0 })
    .where(and(eq(channels.channelId, channelId), eq(channels.state, 'retiring')))
}

/** The chain has lost its lock, and with it what its provider is owed: it is used, and locked, again. */
export async function setLost(database: NodePgDatabase, channelId: Hex): Promise<void> {
  await database
    .update(channels)
    .set({ state: 'open', locked: 0n, closedSince: null, closeDueAt: null, closeTries: 0, updatedAt: sql`now()` })
    .where(eq(channels.channelId, channelId))
}

/** It stays closed. */
export async function setClosed(database: NodePgDatabase, channelId: Hex): Promise<void> {
  await database
    .update(channels)
    .set({ state: 'closed', closeDueAt: null, updatedAt: sql`now()` })
    .where(eq(channels.channelId, channelId))
}

/** Keeps the signed wish to close. */
export async function setCloseRequest(database: NodePgDatabase, channelId: Hex, signed: SignedClose): Promise<void> {
  await database
    .update(channels)
    .set({ closeRequest: { ...signed, request: RequestClose.serialize(signed.request) } })
    .where(eq(channels.channelId, channelId))
}

/** No more jobs; what closes it is due at once. */
export async function setRetiring(database: NodePgDatabase, channelId: Hex): Promise<void> {
  await database
    .update(channels)
    .set({ state: 'retiring', closeDueAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(channels.channelId, channelId), ne(channels.state, 'closed')))
}

/** Takes retiring channels whose next step is due, so that no other process takes them for the next `leaseSeconds`. */
export async function takeDue(database: NodePgDatabase, limit: number, leaseSeconds: number): Promise<ChannelRow[]> {
  const due = database
    .select({ channelId: channels.channelId })
    .from(channels)
    .where(and(eq(channels.state, 'retiring'), lte(channels.closeDueAt, sql`now()`)))
    .orderBy(channels.closeDueAt)
    .limit(limit)
    .for('update', { skipLocked: true })
  return database
    .update(channels)
    .set({ closeDueAt: after(leaseSeconds), closeTries: sql`${channels.closeTries} + 1` })
    .where(inArray(channels.channelId, due))
    .returning()
}

/** When the next step of a retiring channel is due. */
export async function setDue(database: NodePgDatabase, channelId: Hex, inSeconds: number): Promise<void> {
  await database
    .update(channels)
    .set({ closeDueAt: after(inSeconds) })
    .where(and(eq(channels.channelId, channelId), eq(channels.state, 'retiring')))
}

const after = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`

/** Sessions with open channels on which nothing has happened for a while, the longest unused first. */
export async function idleSessions(database: NodePgDatabase, idleSeconds: number, limit: number): Promise<Hex[]> {
  const rows = await database
    .select({ session: channels.session })
    .from(channels)
    .where(and(eq(channels.state, 'open'), lte(channels.updatedAt, after(-idleSeconds))))
    .groupBy(channels.session)
    .orderBy(sql`min(${channels.updatedAt})`)
    .limit(limit)
  return rows.map(({ session }) => session as Hex)
}

/** Looks at a session's channels again only after another idle time, or retires them because it has ended. */
export async function passSession(database: NodePgDatabase, session: Hex, ended: boolean): Promise<void> {
  const retired = ended ? { state: 'retiring' as const, closeDueAt: sql`now()` } : {}
  await database
    .update(channels)
    .set({ ...retired, updatedAt: sql`now()` })
    .where(and(eq(channels.session, session), eq(channels.state, 'open')))
}

export async function setLocked(database: NodePgDatabase, channelId: Hex, locked: bigint): Promise<void> {
  await database.update(channels).set({ locked, updatedAt: sql`now()` }).where(eq(channels.channelId, channelId))
}

/** The book as it was written last, with the latest receipts. */
export async function readBook(database: NodePgDatabase, row: ChannelRow, locked: bigint): Promise<Book.Book> {
  const rows = await database
    .select({ receipt: jobs.receipt })
    .from(jobs)
    .where(and(eq(jobs.channelId, row.channelId), isNotNull(jobs.seq)))
    .orderBy(desc(jobs.seq))
    .limit(recentReceipts)
  return {
    ...Book.open(row.channelId as Hex, locked),
    n: row.n,
    ceiling: row.ceiling,
    spent: row.spent,
    seq: row.seq,
    seen: row.spent,
    unknown: row.ceiling - row.spent,
    voucher: row.voucher ? parseVoucher(row.voucher) : undefined,
    lastReceipt: row.receipt ? parseReceipt(row.receipt) : undefined,
    receipts: rows.reverse().map(({ receipt }) => Receipt.parse(receipt)),
  }
}

type Signed = { voucher?: unknown; receipt?: unknown; signature: Hex }

export const parseVoucher = (json: unknown): Book.SignedVoucher => {
  const { voucher, signature } = json as Signed
  return { voucher: Voucher.parse(voucher), signature }
}

export const parseReceipt = (json: unknown): Book.SignedReceipt => {
  const { receipt, signature } = json as Signed
  return { receipt: Receipt.parse(receipt), signature }
}

export const parseClose = (json: unknown): SignedClose => {
  const { request, signature } = json as { request: unknown; signature: Hex }
  return { request: RequestClose.parse(request), signature }
}
