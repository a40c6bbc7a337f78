import { and, eq, inArray, sql } from 'drizzle-orm'
import { Fault } from '../core/index.ts'
import type { Db } from './database.ts'
import { parseCommit } from './GitObject.ts'
import type { Found } from './Tree.ts'
import { commits, gitObjects } from './tables/index.ts'

/** A commit without its words. */
export type Step = Omit<typeof commits.$inferSelect, 'repoId'>

/** What a commit says about its place. `at` is Unix time in seconds. */
export type Shape = Pick<Step, 'oid' | 'tree' | 'parents' | 'at'>

/** Statements take at most 65,535 parameters; a commit has eight. */
const rowsAtOnce = 5_000

/** Adds commits, given in any order, to the history; their parents are there already or among them. */
export const record = async (tx: Db, repoId: string, found: readonly Shape[]): Promise<void> => {
  const fresh = new Map(found.map((commit) => [commit.oid, commit]))
  const outside = [...new Set(found.flatMap(({ parents }) => parents))].filter((oid) => !fresh.has(oid))
  const shapes = await stepsOf(tx, repoId, outside)
  const rows: Step[] = []
  for (const start of fresh.values()) {
    const stack = [start]
    for (let commit = stack.at(-1); commit; commit = stack.at(-1)) {
      const waiting = commit.parents.filter((oid) => !shapes.has(oid)).map((oid) => fresh.get(oid))
      if (waiting.length > 0 && !shapes.has(commit.oid)) stack.push(...waiting.map((parent) => known(parent)))
      else {
        stack.pop()
        if (shapes.has(commit.oid)) continue
        const step = shapeOf(commit, shapes)
        shapes.set(step.oid, step)
        rows.push(step)
      }
    }
  }
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const values = rows.slice(at, at + rowsAtOnce).map((row) => ({ ...row, repoId }))
    await tx.insert(commits).values(values).onConflictDoNothing()
  }
}

const known = (commit: Shape | undefined): Shape => {
  if (!commit) throw new Fault('A parent of a commit is missing.', { code: 'parent_missing' })
  return commit
}

const shapeOf = ({ oid, tree, parents, at }: Shape, shapes: ReadonlyMap<string, Step>): Step => {
  const before = parents.map((parent) => shapes.get(parent) as Step)
  return {
    oid,
    tree,
    parents,
    at,
    generation: 1 + Math.max(0, ...before.map(({ generation }) => generation)),
    linear: parents.length < 2 && before.every(({ linear }) => linear),
  }
}

/** The steps with these ids, as far as they are there. */
export const stepsOf = async (db: Db, repoId: string, oids: readonly string[]): Promise<Map<string, Step>> => {
  const found = new Map<string, Step>()
  for (let at = 0; at < oids.length; at += rowsAtOnce) {
    const rows = await db
      .select()
      .from(commits)
      .where(and(eq(commits.repoId, repoId), inArray(commits.oid, oids.slice(at, at + rowsAtOnce))))
    for (const { repoId: _, ...step } of rows) found.set(step.oid, step)
  }
  return found
}

/** A commit and those before it through first parents, `limit` of them after skipping some. */
export const firstParents = async (db: Db, repoId: string, from: string, limit: number, skip = 0): Promise<Step[]> => {
  const { rows } = await db.execute<{
    oid: string
    tree: string
    parents: string[]
    at: string
    generation: number
    linear: boolean
  }>(sql`
    with recursive line as (
      select c.*, 1 as place from ${commits} c where c.repo_id = ${repoId} and c.oid = ${from}
      union all
      select c.*, line.place + 1 from line join ${commits} c on c.repo_id = ${repoId} and c.oid = line.parents[1]
      where line.place < ${limit + skip}
    ) select oid, tree, parents, at, generation, linear from line offset ${skip}`)
  return rows.map((row) => ({ ...row, at: Number(row.at) }))
}

/** How many commits lead to this one, itself included. */
export const count = async (db: Db, repoId: string, from: string): Promise<number> => {
  const step = (await stepsOf(db, repoId, [from])).get(from)
  if (!step) return 0
  if (step.linear) return step.generation
  const { rows } = await db.execute<{ count: string }>(sql`
    with recursive reached(oid) as (
      select ${from}::text
      union
      select unnest(c.parents) from reached join ${commits} c on c.repo_id = ${repoId} and c.oid = reached.oid
    ) select count(*) as count from reached`)
  return Number(rows[0]?.count ?? 0)
}

/** One page of the commits that lead to this one, newest first and never a parent before all its children seen so far. */
export const page = async (db: Db, repoId: string, from: string, skip: number, limit: number): Promise<Found[]> => {
  const start = (await stepsOf(db, repoId, [from])).get(from)
  if (!start) return []
  if (start.linear) {
    const line = skip >= start.generation ? [] : await firstParents(db, repoId, from, limit, skip)
    return whole(
      db,
      repoId,
      line.map(({ oid }) => oid),
    )
  }
  const wanted: string[] = []
  let seen = 0
  for await (const step of walk(db, repoId, [start], newest)) {
    if (seen++ < skip) continue
    wanted.push(step.oid)
    if (wanted.length === limit) break
  }
  return whole(db, repoId, wanted)
}

/** The whole commits with these ids, in their order, as far as they are there. */
export const whole = async (db: Db, repoId: string, oids: readonly string[]): Promise<Found[]> => {
  if (oids.length === 0) return []
  const rows = await db
    .select({ oid: gitObjects.oid, bytes: gitObjects.bytes })
    .from(gitObjects)
    .where(and(eq(gitObjects.repoId, repoId), inArray(gitObjects.oid, [...oids])))
  const bytes = new Map(rows.map((row) => [row.oid, row.bytes]))
  return oids.flatMap((oid) => (bytes.has(oid) ? [{ oid, ...parseCommit(bytes.get(oid) as Uint8Array) }] : []))
}

type Order = (a: Step, b: Step) => number

/** The step that comes last is taken first. */
const newest: Order = (a, b) => a.at - b.at || a.generation - b.generation
const youngest: Order = (a, b) => a.generation - b.generation

const stepsAtOnce = 256
const stepsKept = 4_096

/** Steps from some commits back to the beginnings, each once; of those in reach always the last in order. */
async function* walk(db: Db, repoId: string, starts: readonly Step[], order: Order): AsyncGenerator<Step> {
  const seen = new Set<string>()
  const ahead = new Map<string, Step>()
  const open: Step[] = []
  const add = (step: Step) => {
    if (seen.has(step.oid)) return
    seen.add(step.oid)
    const at = open.findLastIndex((other) => order(other, step) <= 0)
    open.splice(at + 1, 0, step)
  }
  for (const start of starts) add(start)
  for (let step = open.pop(); step; step = open.pop()) {
    yield step
    for (const parent of step.parents) {
      if (seen.has(parent)) continue
      if (!ahead.has(parent)) {
        if (ahead.size > stepsKept) ahead.clear()
        for (const next of await firstParents(db, repoId, parent, stepsAtOnce)) ahead.set(next.oid, next)
      }
      const next = ahead.get(parent)
      if (!next) throw new Fault(`The commit ${parent} of repository ${repoId} is missing.`, { code: 'parent_missing' })
      ahead.delete(parent)
      add(next)
    }
  }
}

/** The newest commit that leads to both, where histories have one in common. */
export const mergeBase = async (db: Db, repoId: string, a: string, b: string): Promise<string | undefined> => {
  if (a === b) return a
  const starts = await stepsOf(db, repoId, [a, b])
  const sides = new Map<string, number>([
    [a, 1],
    [b, 2],
  ])
  // A commit's children have a higher generation, so all of its sides are known when its turn comes.
  for await (const step of walk(db, repoId, [...starts.values()], youngest)) {
    const side = sides.get(step.oid) ?? 0
    if (side === 3) return step.oid
    for (const parent of step.parents) sides.set(parent, (sides.get(parent) ?? 0) | side)
  }
  return undefined
}

/** Whether `older` leads to `newer`: a branch may be moved without losing anything. */
export const isAncestor = async (db: Db, repoId: string, older: string, newer: string): Promise<boolean> =>
  (await mergeBase(db, repoId, older, newer)) === older
