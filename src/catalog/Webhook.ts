import { and, arrayOverlaps, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import { BadInput, NotFound } from '../core/index.ts'
import { roleIn } from './Account.ts'
import type { Db } from './database.ts'
import type { Repo } from './Repo.ts'
import { deliveries, repos, webhooks } from './tables/index.ts'

export type Webhook = typeof webhooks.$inferSelect
export type Domain = Webhook['domains'][number]
export type Delivery = typeof deliveries.$inferSelect

/** What its owner says about a webhook. `watched` holds keys: `model:ns/name`, or `user:name` and `org:name`. */
export type Wish = Pick<Webhook, 'url' | 'watched' | 'domains' | 'secret'>

const maxWebhooks = 100
const keptDays = 30

const isId = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)

export const list = (db: Db, ownerId: string): Promise<Webhook[]> =>
  db.select().from(webhooks).where(eq(webhooks.ownerId, ownerId)).orderBy(asc(webhooks.createdAt), asc(webhooks.id))

/** Throws {@link NoSuchWebhook} where this person has none of this id. */
export const get = async (db: Db, ownerId: string, id: string): Promise<Webhook> => {
  const [row] = isId(id)
    ? await db
        .select()
        .from(webhooks)
        .where(and(eq(webhooks.ownerId, ownerId), eq(webhooks.id, id)))
    : []
  if (!row) throw new NoSuchWebhook()
  return row
}

/** Throws {@link TooManyWebhooks}. */
export const create = async (db: Db, ownerId: string, wish: Wish, now: Date): Promise<Webhook> => {
  const there = await list(db, ownerId)
  if (there.length >= maxWebhooks) throw new TooManyWebhooks()
  const [row] = await db
    .insert(webhooks)
    .values({ ...wish, ownerId, createdAt: now })
    .returning()
  return row as Webhook
}

export const update = async (
  db: Db,
  { id }: Webhook,
  wish: Partial<Wish & { disabled: boolean }>,
): Promise<Webhook> => {
  const [row] = await db.update(webhooks).set(wish).where(eq(webhooks.id, id)).returning()
  if (!row) throw new NoSuchWebhook()
  return row
}

export const remove = async (db: Db, { id }: Webhook): Promise<void> => {
  await db.delete(webhooks).where(eq(webhooks.id, id))
}

/** Whether a person may hear about a repository; asked when something happens and again before each delivery. */
const mayHear = async (db: Db, repo: Pick<Repo, 'visibility' | 'ownerId'>, userId: string): Promise<boolean> =>
  repo.visibility === 'public' || (await roleIn(db, repo.ownerId, userId)) !== undefined

/** Something that happened in a repository, as webhooks tell it. */
export type Happening = { domain: Domain; payload: (webhook: Webhook) => Record<string, unknown> }

/** Writes down one delivery for each webhook that watches this; says whether there are any. */
export const announce = async (tx: Db, repo: Repo, { domain, payload }: Happening, now: Date): Promise<boolean> => {
  const namespace = repo.namespace.toLowerCase()
  const keys = [repo.key, `user:${namespace}`, `org:${namespace}`]
  const watching = await tx
    .select()
    .from(webhooks)
    .where(
      and(
        arrayOverlaps(webhooks.watched, keys),
        arrayOverlaps(webhooks.domains, [domain]),
        eq(webhooks.disabled, false),
      ),
    )
  let any = false
  for (const webhook of watching) {
    if (!(await mayHear(tx, repo, webhook.ownerId))) continue
    await addDelivery(tx, webhook, payload(webhook), now)
    any = true
  }
  return any
}

export const addDelivery = async (
  tx: Db,
  webhook: Webhook,
  payload: Record<string, unknown>,
  now: Date,
): Promise<Delivery> => {
  const row = { webhookId: webhook.id, payload, status: 'pending' as const, createdAt: now }
  const [made] = await tx.insert(deliveries).values(row).returning()
  return made as Delivery
}

/** Deliveries that are not done, oldest first. */
export const pending = async (db: Db, limit: number): Promise<string[]> => {
  const rows = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(eq(deliveries.status, 'pending'))
    .orderBy(asc(deliveries.createdAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** A delivery that is still to be made, with where it goes; undefined where nobody waits for it any more. */
export const due = async (db: Db, id: string): Promise<{ delivery: Delivery; webhook: Webhook } | undefined> => {
  const [row] = await db
    .select({ delivery: deliveries, webhook: webhooks })
    .from(deliveries)
    .innerJoin(webhooks, eq(webhooks.id, deliveries.webhookId))
    .where(and(eq(deliveries.id, id), eq(deliveries.status, 'pending')))
  if (!row) return undefined
  const { id: repoId } = row.delivery.payload.repo as { id: string }
  const [repo] = await db.select().from(repos).where(eq(repos.id, repoId))
  const wanted = !row.webhook.disabled && (!repo || (await mayHear(db, repo, row.webhook.ownerId)))
  if (wanted) return row
  await conclude(db, id, { status: 'failed', problem: 'The webhook is disabled or may not hear of this any more.' })
  return undefined
}

/** Writes down what became of an attempt. */
export const conclude = async (
  db: Db,
  id: string,
  outcome: Partial<Pick<Delivery, 'status' | 'attempts' | 'responseStatus' | 'problem' | 'attemptedAt'>>,
): Promise<void> => {
  await db.update(deliveries).set(outcome).where(eq(deliveries.id, id))
}

/** The newest deliveries of a webhook. */
export const log = (db: Db, { id }: Webhook, limit: number): Promise<Delivery[]> =>
  db
    .select()
    .from(deliveries)
    .where(eq(deliveries.webhookId, id))
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(limit)

/** Throws `NotFound` where the webhook has no such delivery. */
export const deliveryOf = async (db: Db, webhook: Webhook, id: string): Promise<Delivery> => {
  const [row] = isId(id)
    ? await db
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.webhookId, webhook.id), eq(deliveries.id, id)))
    : []
  if (!row) throw new NotFound('There is no such delivery.', { code: 'no_such_delivery' })
  return row
}

/** Forgets deliveries that were done long ago. */
export const prune = async (db: Db, now: Date): Promise<void> => {
  const before = new Date(now.getTime() - keptDays * 24 * 3_600_000)
  await db
    .delete(deliveries)
    .where(and(lt(deliveries.createdAt, before), inArray(deliveries.status, ['delivered', 'failed'])))
}

/** Whether anybody waits for anything: a hub without webhooks starts no jobs. */
export const anyPending = async (db: Db): Promise<boolean> => {
  const { rows } = await db.execute(sql`select exists (select 1 from ${deliveries} where status = 'pending') as found`)
  return rows[0]?.found === true
}

export class NoSuchWebhook extends NotFound {
  constructor() {
    super('There is no such webhook.', { code: 'no_such_webhook' })
  }
}

export class TooManyWebhooks extends BadInput {
  constructor() {
    super(`A person has at most ${maxWebhooks} webhooks.`, { code: 'too_many_webhooks', hint: 'Delete one first.' })
  }
}
