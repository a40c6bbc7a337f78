import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { RepoId } from '../core/index.ts'
import type { Db } from './database.ts'
import { parseCommit, parseTree } from './GitObject.ts'
import { texts } from './Labels.ts'
import { idOf, type Repo } from './Repo.ts'
import { linksTo } from './RepoList.ts'
import { gitObjects, repos, versions } from './tables/index.ts'

/** What public repositories say of others. Private ones neither appear nor count, whoever asks. */

const isPublic = eq(repos.visibility, 'public')
const nameOf = (repo: Repo): string => RepoId.format(idOf(repo))
const maxSpaces = 100

/** Public spaces whose card links to these models, by the model's key; at most 100 in all. */
export const spaces = async (db: Db, models: readonly Repo[]): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>(models.map(({ key }) => [key, []]))
  if (models.length === 0) return found
  const rows = await db
    .select({ namespace: repos.namespace, name: repos.name, models: sql<unknown>`${repos.card} -> 'models'` })
    .from(repos)
    .where(and(isPublic, or(...models.map((model) => linksTo('models', nameOf(model))))))
    .orderBy(repos.id)
    .limit(maxSpaces)
  for (const space of rows) {
    for (const name of texts(space.models))
      found.get(`model:${name}`.toLowerCase())?.push(`${space.namespace}/${space.name}`)
  }
  return found
}

/** How many public models name these as their base, by key. */
export const children = async (db: Db, models: readonly Repo[]): Promise<Map<string, number>> => {
  const tags = models.map((model) => `base_model:${nameOf(model)}`)
  const rows = await db.execute<{ tag: string; count: number }>(sql`
    select tag, count(*)::int as count from ${repos}, unnest(${repos.tags}) as tag
    where ${repos.tags} && ${sql.param(tags)}::text[] and ${repos.type} = 'model' and ${isPublic}
      and tag = any(${sql.param(tags)}::text[])
    group by tag`)
  const counts = new Map(rows.rows.map(({ tag, count }) => [tag, count]))
  return new Map(models.map((model) => [model.key, counts.get(`base_model:${nameOf(model)}`) ?? 0]))
}

/** Ids of those of these names that are public models here, by lower-case name. */
export const publicModels = async (
  db: Db,
  names: readonly string[],
): Promise<Map<string, Pick<Repo, 'id' | 'namespace' | 'name'>>> => {
  if (names.length === 0) return new Map()
  const keys = names.map((name) => `model:${name}`.toLowerCase())
  const rows = await db
    .select({ key: repos.key, id: repos.id, namespace: repos.namespace, name: repos.name })
    .from(repos)
    .where(and(isPublic, inArray(repos.key, keys)))
  return new Map(rows.map(({ key, ...row }) => [key.slice('model:'.length), row]))
}

/** The versions that were made of these commits, by repository; an anchored one where there are several. */
export const versionsAt = async (
  db: Db,
  commits: readonly { repoId: string; oid: string }[],
): Promise<Map<string, typeof versions.$inferSelect>> => {
  const wanted = pairs(commits)
  const rows = await db
    .select()
    .from(versions)
    .where(sql`(${versions.repoId}, ${versions.commit}) in (select * from ${wanted})`)
    .orderBy(sql`${versions.anchoredAt} nulls first`)
  return new Map(rows.map((row) => [row.repoId, row]))
}

const pairs = (rows: readonly { repoId: string; oid: string }[]) =>
  sql`unnest(${sql.param(rows.map(({ repoId }) => repoId))}::uuid[], ${sql.param(rows.map(({ oid }) => oid))}::text[])`

/** The paths of all files at the heads of repositories, ordered; one query for each level of depth. */
export const paths = async (db: Db, heads: readonly Pick<Repo, 'id' | 'head'>[]): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>(heads.map(({ id }) => [id, []]))
  const commits = await objects(
    db,
    heads.map(({ id, head }) => ({ repoId: id, oid: head })),
  )
  let level = heads.flatMap(({ id, head }) => {
    const bytes = commits.get(`${id} ${head}`)
    return bytes ? [{ repoId: id, oid: parseCommit(bytes).tree, prefix: '' }] : []
  })
  while (level.length > 0) {
    const trees = await objects(db, level)
    const below: typeof level = []
    for (const { repoId, oid, prefix } of level) {
      for (const entry of parseTree(trees.get(`${repoId} ${oid}`) ?? new Uint8Array())) {
        const path = `${prefix}${entry.name}`
        if (entry.mode === '40000') below.push({ repoId, oid: entry.oid, prefix: `${path}/` })
        else found.get(repoId)?.push(path)
      }
    }
    level = below
  }
  for (const list of found.values()) list.sort()
  return found
}

const objects = async (
  db: Db,
  wanted: readonly { repoId: string; oid: string }[],
): Promise<Map<string, Uint8Array>> => {
  const rows = await db
    .select()
    .from(gitObjects)
    .where(sql`(${gitObjects.repoId}, ${gitObjects.oid}) in (select * from ${pairs(wanted)})`)
  return new Map(rows.map(({ repoId, oid, bytes }) => [`${repoId} ${oid}`, bytes]))
}
