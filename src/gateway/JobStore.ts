import { and, eq, isNotNull, lt, ne } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Hex } from '../core/index.ts'
import { voucherJson } from './Journal.ts'
import type { Attempt, Ticket } from './Order.ts'
import { jobs } from './tables.ts'

export type JobRow = typeof jobs.$inferSelect

/** Writes a repeatable job down before it starts; where the key was used before, nothing changes and that row returns. */
export async function begin(database: NodePgDatabase, ticket: Ticket, instance: number): Promise<JobRow | undefined> {
  const inserted = await database
    .insert(jobs)
    .values({
      jobId: ticket.jobId,
      key: ticket.payer.signer.address,
      model: ticket.model,
      state: 'running',
      instance,
      requestHash: ticket.requestHash,
      salt: ticket.salt,
      maxFee: 0n,
      retained: true,
    })
    .onConflictDoNothing()
    .returning({ jobId: jobs.jobId })
  return inserted.length > 0 ? undefined : read(database, ticket.jobId)
}

export async function read(database: NodePgDatabase, jobId: Hex): Promise<JobRow | undefined> {
  const [row] = await database.select().from(jobs).where(eq(jobs.jobId, jobId))
  return row
}

/** Notes which provider gets a repeatable job, before it does, so that a retry after a crash asks that one. */
export async function assign(database: NodePgDatabase, attempt: Attempt, instance: number): Promise<void> {
  await database
    .update(jobs)
    .set({
      instance,
      channelId: attempt.channel.book.channelId,
      provider: attempt.known.offer.provider,
      offerHash: attempt.known.hash,
      maxFee: attempt.maxFee,
      voucher: voucherJson(attempt.voucher),
    })
    .where(and(eq(jobs.jobId, attempt.ticket.jobId), ne(jobs.state, 'done')))
}

/** Forgets a repeatable job that no provider accepted, so that its key can be tried again. */
export async function abandon(database: NodePgDatabase, jobId: Hex): Promise<void> {
  await database.delete(jobs).where(and(eq(jobs.jobId, jobId), ne(jobs.state, 'done')))
}

/** Drops answers of jobs that ended before `before` (unix ms); their receipts stay. */
export async function dropAnswers(database: NodePgDatabase, before: number): Promise<void> {
  await database
    .update(jobs)
    .set({ answer: null })
    .where(and(isNotNull(jobs.answer), lt(jobs.finishedAt, before)))
}
