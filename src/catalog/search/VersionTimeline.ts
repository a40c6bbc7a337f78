import { and, desc, eq, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import * as MomentCursor from '../MomentCursor.ts'
import { rowsOrNone } from '../Onchain.ts'
import { versions } from '../tables/index.ts'
import { byRoot } from '../Version.ts'

/** A version as the hub recorded it, with what the chain added. */
export type TimelineVersion = typeof versions.$inferSelect & { onchain: ChainVersion | undefined; tags: string[] }

export type ChainVersion = {
  root: string
  index: number
  publisher: string
  delegated: boolean
  deprecated: boolean
  reason: string | null
  successor: string | null
  block: string
  tx: string
}

/** Nobody made this id: versions are told apart by their root. */
const none = '00000000-0000-0000-0000-000000000000'

/**
 * A page of the versions of a repository that the hub knows, the newest first. Throws `BadInput` on a bad cursor. Two
 * versions of the same microsecond would be taken for one; a repository makes one at a time.
 */
export const list = async (
  db: Db,
  repo: { id: string; modelId: bigint | undefined },
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ versions: TimelineVersion[]; next: string | null }> => {
  const after = cursor === undefined ? undefined : MomentCursor.parse(cursor)
  const rows = await db
    .select({ version: versions, at: MomentCursor.exactly(versions.createdAt) })
    .from(versions)
    .where(and(eq(versions.repoId, repo.id), after ? sql`${versions.createdAt} < ${after.at}::timestamptz` : undefined))
    .orderBy(desc(versions.createdAt))
    .limit(limit + 1)
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  const roots = shown.map(({ version }) => version.root)
  const [onchain, tags] = await Promise.all([chainOf(db, repo.modelId, roots), tagsOf(db, repo.modelId)])
  return {
    versions: shown.map(({ version }) => ({
      ...version,
      onchain: onchain.get(version.root),
      tags: tags.get(version.root) ?? [],
    })),
    next: last ? MomentCursor.format({ at: last.at, id: none }) : null,
  }
}

const chainOf = async (db: Db, modelId: bigint | undefined, roots: string[]): Promise<Map<string, ChainVersion>> => {
  if (modelId === undefined || roots.length === 0) return new Map()
  const rows = await rowsOrNone<ChainVersion>(
    db,
    'onchain.version',
    sql`select root, index, publisher, delegated, deprecated, reason, successor, block::text, tx_hash as tx
      from onchain.version where model_id = ${modelId.toString()}::numeric and root = any(${sql.param(roots)})`,
  )
  return new Map(rows.map((row) => [row.root, row]))
}

const maxTags = 1_000

const tagsOf = async (db: Db, modelId: bigint | undefined): Promise<Map<string, string[]>> => {
  if (modelId === undefined) return new Map()
  const rows = await rowsOrNone<{ root: string; tags: string[] }>(
    db,
    'onchain.tag',
    sql`select root, json_agg(tag order by tag) as tags from (select root, tag from onchain.tag
      where model_id = ${modelId.toString()}::numeric and root is not null limit ${maxTags}) as t group by root`,
  )
  return new Map(rows.map(({ root, tags }) => [root, tags]))
}

/** The CID of a version's manifest. */
export const manifestOf = async (db: Db, repoId: string, root: string): Promise<string | undefined> =>
  (await byRoot(db, repoId, root))?.manifestCid
