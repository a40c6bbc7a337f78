import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { BadInput } from '../core/index.ts'

/** A place in a list ordered by a moment (as Postgres writes it) and an id. */
export type MomentCursor = { at: string; id: string }

/** The text that goes into the link of the next page. */
export const format = ({ at, id }: MomentCursor): string => Buffer.from(JSON.stringify([at, id])).toString('base64url')

/** Reads such a text. Throws `BadInput`. */
export const parse = (text: string): MomentCursor => {
  try {
    const [at, id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (typeof at === 'string' && typeof id === 'string' && isMoment.test(at) && isId.test(id)) return { at, id }
  } catch {}
  throw new BadInput('This cursor is not one of ours.', { code: 'bad_cursor', hint: 'Begin again without a cursor.' })
}

const isMoment =
  /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/
const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A page of such a list: at most `limit` rows after the cursor. */
export type Page = { limit: number; after?: MomentCursor | undefined }

/** Condition: rows that come after the cursor in a list with the newest (or with `oldest`, the oldest) first. */
export const beyond = (
  after: MomentCursor | undefined,
  at: SQLWrapper,
  id: SQLWrapper,
  order: 'newest' | 'oldest' = 'newest',
): SQL | undefined =>
  after && sql`(${at}, ${id}) ${sql.raw(order === 'newest' ? '<' : '>')} (${after.at}::timestamptz, ${after.id}::uuid)`

/** The column in the form that cursors carry. */
export const exactly = (at: SQLWrapper): SQL<string> => sql<string>`${at}::text`
