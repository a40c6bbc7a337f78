import { and, desc, eq, gte, isNotNull, lte, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { type Hex, Receipt, Voucher } from '../core/index.ts'
import * as Book from './Book.ts'
import * as Lane from './Lane.ts'
import type { KnownOffer } from './Providers.ts'
import { channels, jobs, offers } from './tables.ts'

export type ChannelKey = { session: Hex; provider: Hex; modelId: bigint }
export type ChannelRow = typeof channels.$inferSelect

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

/** Open channels of a session key, in all lanes. */
export const openOf = (database: NodePgDatabase, key: Hex): Promise<ChannelRow[]> =>
  database
    .select()
    .from(channels)
    .where(and(eq(channels.key, key), eq(channels.state, 'open')))

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

export async function setState(database: NodePgDatabase, channelId: Hex, state: 'open' | 'closed'): Promise<void> {
  await database.update(channels).set({ state, updatedAt: sql`now()` }).where(eq(channels.channelId, channelId))
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
