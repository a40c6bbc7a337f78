import { sql } from 'drizzle-orm'
import { Offer } from '../../core/index.ts'
import type { Db } from '../database.ts'
import { rowsOrNone } from '../Onchain.ts'

const keptMs = 5_000
const maxOffers = 20_000
const million = 1_000_000n

/** What a provider offers now, as the gateway on this database wrote it down. */
export type Serving = { provider: string; url: string; task: string; offer: Offer.Offer; validUntil: Date }

/** Offers by key of the model, the cheapest first. */
export type Offers = ReadonlyMap<string, Serving[]>

type Known = { at: number; offers: Promise<Offers> }
const known = new WeakMap<object, Known>()

/** All offers; asked for again after five seconds. */
export const all = (db: Db, now: Date): Promise<Offers> => {
  const at = now.getTime()
  const last = known.get(db)
  if (last && Math.abs(at - last.at) < keptMs) return last.offers
  const offers = read(db)
  known.set(db, { at, offers })
  offers.catch(() => known.delete(db))
  return offers
}

type Row = { provider: string; repo: string; task: string; url: string; offer: unknown; until: number }

const read = async (db: Db): Promise<Offers> => {
  const rows = await rowsOrNone<Row>(
    db,
    'gateway.serving',
    sql`select provider, repo, task, url, offer, extract(epoch from valid_until)::float8 * 1000 as until
      from gateway.serving where valid_until > now() order by repo, provider limit ${maxOffers}`,
  )
  const offers = new Map<string, Serving[]>()
  for (const { repo, offer, until, ...row } of rows) {
    const serving = { ...row, offer: Offer.parse(offer), validUntil: new Date(until) }
    offers.set(repo, [...(offers.get(repo) ?? []), serving])
  }
  for (const list of offers.values()) list.sort((a, b) => (from(a.offer) < from(b.offer) ? -1 : 1))
  return offers
}

/**
 * The one number that offers are compared by, in µUSDC: a million units of output, or of input where output is free, or
 * of milliseconds or calls where only these are counted.
 */
export const from = ({ priceOut, priceIn, priceMs, priceCall }: Offer.Offer): bigint =>
  priceOut || priceIn || priceMs || priceCall * million

/** The least price of each of these models, under these limits. */
export const prices = (
  offers: Offers,
  limits: { most?: bigint | undefined; provider?: string | undefined } = {},
): Map<string, bigint> => {
  const found = new Map<string, bigint>()
  for (const [key, list] of offers) {
    const own = list.find(({ provider }) => limits.provider === undefined || provider === limits.provider)
    if (own && (limits.most === undefined || from(own.offer) <= limits.most)) found.set(key, from(own.offer))
  }
  return found
}
