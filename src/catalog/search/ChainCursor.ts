import { type SQL, sql } from 'drizzle-orm'
import { BadCursor } from '../RepoList.ts'

/** A place in a list of what the chain told, by a number (a block, an amount) and an id. */
export type ChainCursor = { at: string; id: string }

const number = /^\d{1,78}$/
/** Transaction hash and log index, or an address. */
const identifier = /^0x[0-9a-f]{40,64}(-\d{1,9})?$/

export const format = ({ at, id }: ChainCursor): string => Buffer.from(JSON.stringify([at, id])).toString('base64url')

/** Throws `BadCursor`. */
export const parse = (text: string | undefined): ChainCursor | undefined => {
  if (text === undefined) return undefined
  try {
    const [at, id]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof at === 'string' && number.test(at) && typeof id === 'string' && identifier.test(id)) return { at, id }
  } catch {}
  throw new BadCursor()
}

/** Condition: rows after the place, the greatest first. */
export const beyond = (after: ChainCursor | undefined, at: SQL, id: SQL): SQL =>
  after ? sql`(${at}, ${id}) < (${after.at}::numeric, ${after.id})` : sql`true`

/** The first rows of one more than a page, and the place of the last. */
export const page = <T>(
  rows: T[],
  limit: number,
  placeOf: (row: T) => ChainCursor,
): { rows: T[]; next: string | null } => {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { rows: shown, next: last ? format(placeOf(last)) : null }
}
