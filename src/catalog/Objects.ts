import { and, eq, gt, inArray } from 'drizzle-orm'
import type { Db } from './database.ts'
import { commits, gitObjects, refs } from './tables/index.ts'

/** A commit, tree or annotated tag as git encodes it. */
export type StoredObject = { oid: string; kind: 'commit' | 'tree' | 'tag'; bytes: Uint8Array }

/** A commit as a step of history. `at` is Unix time in seconds. */
export type GraphStep = { tree: string; parents: string[]; at: number }

/** All commits of a repository by their id. */
export type Graph = ReadonlyMap<string, GraphStep>

/** Postgres takes at most 65,535 parameters in one statement. */
const oidsAtOnce = 10_000

/** Whole objects of a repository, as far as they are there. */
export const read = async (db: Db, repoId: string, oids: readonly string[]): Promise<Map<string, StoredObject>> => {
  const found = new Map<string, StoredObject>()
  for (let at = 0; at < oids.length; at += oidsAtOnce) {
    const rows = await db
      .select({ oid: gitObjects.oid, kind: gitObjects.kind, bytes: gitObjects.bytes })
      .from(gitObjects)
      .where(and(eq(gitObjects.repoId, repoId), inArray(gitObjects.oid, oids.slice(at, at + oidsAtOnce))))
    for (const row of rows) found.set(row.oid, row)
  }
  return found
}

/** What kind of object these ids are in a repository, as far as they are there; blobs are not among them. */
export const kinds = async (
  db: Db,
  repoId: string,
  oids: readonly string[],
): Promise<Map<string, StoredObject['kind']>> => {
  const found = new Map<string, StoredObject['kind']>()
  for (let at = 0; at < oids.length; at += oidsAtOnce) {
    const rows = await db
      .select({ oid: gitObjects.oid, kind: gitObjects.kind })
      .from(gitObjects)
      .where(and(eq(gitObjects.repoId, repoId), inArray(gitObjects.oid, oids.slice(at, at + oidsAtOnce))))
    for (const { oid, kind } of rows) found.set(oid, kind)
  }
  return found
}

/** Deletes commits, trees and tags. */
export const drop = async (db: Db, repoId: string, oids: readonly string[]): Promise<void> => {
  for (let at = 0; at < oids.length; at += oidsAtOnce) {
    const some = oids.slice(at, at + oidsAtOnce)
    await db.delete(commits).where(and(eq(commits.repoId, repoId), inArray(commits.oid, some)))
    await db.delete(gitObjects).where(and(eq(gitObjects.repoId, repoId), inArray(gitObjects.oid, some)))
  }
}

/** The shape of a repository's whole history, without the words. */
export const graph = async (db: Db, repoId: string): Promise<Graph> => {
  const steps = new Map<string, GraphStep>()
  for (let after = ''; ; ) {
    const rows = await db
      .select({ oid: commits.oid, tree: commits.tree, parents: commits.parents, at: commits.at })
      .from(commits)
      .where(and(eq(commits.repoId, repoId), gt(commits.oid, after)))
      .orderBy(commits.oid)
      .limit(oidsAtOnce)
    for (const { oid, ...step } of rows) steps.set(oid, step)
    if (rows.length < oidsAtOnce) return steps
    after = rows.at(-1)?.oid ?? after
  }
}

/** A branch, tag or other name as git shows it: `oid` is the tag object of an annotated tag, `peeled` the commit behind it. */
export type NamedRef = { name: string; oid: string; peeled: string | undefined }

/** All names of a repository in git's order. */
export const namedRefs = async (db: Db, repoId: string): Promise<NamedRef[]> => {
  const rows = await db.select().from(refs).where(eq(refs.repoId, repoId))
  const named = rows.map(({ name, oid, tagOid }) =>
    tagOid === null ? { name, oid, peeled: undefined } : { name, oid: tagOid, peeled: oid },
  )
  return named.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}
