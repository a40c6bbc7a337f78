import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { BadInput, Conflict } from '../core/index.ts'
import type { Blob } from './Blob.ts'
import * as Commit from './Commit.ts'
import type { Db } from './database.ts'
import { encodeTree, oid as oidOf } from './GitObject.ts'
import * as LfsFile from './LfsFile.ts'
import * as LostTip from './LostTip.ts'
import * as Objects from './Objects.ts'
import * as Ref from './Ref.ts'
import type { Repo } from './Repo.ts'
import { entriesOf } from './Tree.ts'
import { commits, discussionEvents, discussions, gitObjects, versions } from './tables/index.ts'

const maxCommits = 20_000

/**
 * Takes files out of every commit of a repository, as if they had never been there; all refs move to the new commits, and
 * the old ones are gone. Throws {@link HistoryTooLong}, and {@link Anchored} where a published version holds such a file.
 */
export const withoutFiles = (
  db: Db,
  repo: Repo,
  gone: readonly Blob[],
  { now, ...hooks }: Commit.Hooks & { now: Date },
): Promise<void> =>
  db.transaction(async (tx) => {
    const fresh = await Commit.lock(tx, repo.id)
    const line = await tx
      .select({ oid: commits.oid, tree: commits.tree, parents: commits.parents })
      .from(commits)
      .where(eq(commits.repoId, repo.id))
      .orderBy(asc(commits.generation))
      .limit(maxCommits + 1)
    if (line.length > maxCommits) throw new HistoryTooLong()
    const trees = new Trees(tx, repo.id, new Set(gone.map(({ oid }) => oid)))
    const renamed = new Map<string, string>()
    const made: Commit.GitRow[] = []
    for (const commit of line) {
      const row = await rewritten(tx, repo.id, commit, await trees.without(commit.tree), renamed)
      if (!row) continue
      renamed.set(commit.oid, row.oid)
      made.push(row)
    }
    await assertNotAnchored(tx, repo.id, [...renamed.keys()])
    const moves: Commit.Move[] = []
    for (const ref of await Ref.list(tx, repo.id)) {
      const to = renamed.get(ref.oid)
      if (to === undefined) continue
      // A merged pull request is over; its ref follows its commits all the same.
      if (ref.name.startsWith('refs/pr/')) await Ref.set(tx, repo.id, { name: ref.name, oid: to, tagOid: null })
      else moves.push({ ref: ref.name, from: ref.oid, to })
    }
    await Commit.land(tx, fresh, { ...hooks, objects: [...trees.made, ...made], blobs: [], moves, now })
    await renameInDiscussions(tx, repo.id, renamed)
    await Objects.drop(tx, repo.id, [...renamed.keys(), ...trees.replaced])
    await LfsFile.forget(tx, repo.id, gone)
    await LostTip.record(tx, repo.id, [''], now)
  })

/** Leaves the pointers of files in every commit and forgets the files. Throws {@link Anchored} where a published version holds one. */
export const leavePointers = (db: Db, repo: Repo, pointers: readonly Blob[], now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    await Commit.lock(tx, repo.id)
    const published = await tx
      .select({ commit: versions.commit, tree: commits.tree })
      .from(versions)
      .innerJoin(commits, and(eq(commits.repoId, versions.repoId), eq(commits.oid, versions.commit)))
      .where(eq(versions.repoId, repo.id))
    for (const { commit, tree } of published) {
      const { blobs } = await LostTip.contents(tx, repo.id, [tree])
      if (pointers.some(({ oid }) => blobs.has(oid))) throw new Anchored(commit)
    }
    await LfsFile.leavePointers(tx, repo.id, pointers)
    await LostTip.record(tx, repo.id, [''], now)
  })

/** The commit with another tree and other parents, or undefined where both are as they were. */
const rewritten = async (
  tx: Db,
  repoId: string,
  commit: { oid: string; tree: string; parents: string[] },
  tree: string,
  renamed: ReadonlyMap<string, string>,
): Promise<Commit.GitRow | undefined> => {
  if (tree === commit.tree && !commit.parents.some((parent) => renamed.has(parent))) return undefined
  const [row] = await tx
    .select({ bytes: gitObjects.bytes })
    .from(gitObjects)
    .where(and(eq(gitObjects.repoId, repoId), eq(gitObjects.oid, commit.oid)))
  const text = Buffer.from(row?.bytes ?? []).toString('latin1')
  const cut = text.indexOf('\n\n')
  const head = text
    .slice(0, cut)
    // A signature would be wrong; its further lines begin with a space.
    .replace(/\ngpgsig[^\n]*(\n [^\n]*)*/g, '')
    .replace(/^tree [0-9a-f]{40}/, `tree ${tree}`)
    .replace(/\nparent ([0-9a-f]{40})/g, (_, parent: string) => `\nparent ${renamed.get(parent) ?? parent}`)
  const bytes = Buffer.from(head + text.slice(cut), 'latin1')
  return { oid: oidOf('commit', bytes), kind: 'commit', bytes }
}

/** Trees without some files, each worked out once. */
class Trees {
  readonly #tx: Db
  readonly #repoId: string
  readonly #gone: ReadonlySet<string>
  readonly #known = new Map<string, string | undefined>()
  readonly made: Commit.GitRow[] = []

  constructor(tx: Db, repoId: string, gone: ReadonlySet<string>) {
    this.#tx = tx
    this.#repoId = repoId
    this.#gone = gone
  }

  get replaced(): string[] {
    return [...this.#known].flatMap(([oid, now]) => (oid === now ? [] : [oid]))
  }

  async without(oid: string): Promise<string> {
    return (await this.#rewrite(oid)) ?? this.#add(new Uint8Array())
  }

  /** Undefined for a folder that is empty then. */
  async #rewrite(oid: string): Promise<string | undefined> {
    if (this.#known.has(oid)) return this.#known.get(oid)
    const entries = (await entriesOf(this.#tx, this.#repoId, [oid])).get(oid) ?? []
    const kept: typeof entries = []
    for (const entry of entries) {
      if (entry.mode !== '40000') {
        if (!this.#gone.has(entry.oid)) kept.push(entry)
        continue
      }
      const folder = await this.#rewrite(entry.oid)
      if (folder !== undefined) kept.push({ ...entry, oid: folder })
    }
    const same = kept.length === entries.length && kept.every((entry, i) => entry.oid === entries[i]?.oid)
    const now = same ? oid : kept.length === 0 ? undefined : this.#add(encodeTree(kept))
    this.#known.set(oid, now)
    return now
  }

  #add(bytes: Uint8Array): string {
    const oid = oidOf('tree', bytes)
    this.made.push({ oid, kind: 'tree', bytes })
    return oid
  }
}

const oidsAtOnce = 10_000

const renameInDiscussions = async (tx: Db, repoId: string, renamed: ReadonlyMap<string, string>): Promise<void> => {
  const names = JSON.stringify(Object.fromEntries(renamed))
  await tx
    .update(discussions)
    .set({ mergeCommit: sql`coalesce(${names}::jsonb ->> ${discussions.mergeCommit}, ${discussions.mergeCommit})` })
    .where(and(eq(discussions.repoId, repoId), isNotNull(discussions.mergeCommit)))
  await tx.execute(sql`
    update ${discussionEvents} set data = jsonb_set(data, '{oid}', ${names}::jsonb -> (data ->> 'oid'))
    where kind = 'commit' and ${names}::jsonb ? (data ->> 'oid')
    and discussion_id in (select id from ${discussions} where repo_id = ${repoId})`)
}

const assertNotAnchored = async (tx: Db, repoId: string, oids: string[]): Promise<void> => {
  for (let at = 0; at < oids.length; at += oidsAtOnce) {
    const [version] = await tx
      .select({ root: versions.root, commit: versions.commit })
      .from(versions)
      .where(
        and(
          eq(versions.repoId, repoId),
          isNotNull(versions.anchoredAt),
          inArray(versions.commit, oids.slice(at, at + oidsAtOnce)),
        ),
      )
      .limit(1)
    if (version) throw new Anchored(version.commit)
  }
}

/** What was published stays. */
export class Anchored extends Conflict {
  constructor(commit: string) {
    super(`The commit ${commit} is a published version and holds such a file, or follows one that does.`, {
      code: 'anchored',
      hint: 'Published versions cannot be changed; deprecate the version instead.',
      details: { commit },
    })
  }
}

export class HistoryTooLong extends BadInput {
  constructor() {
    super(`The repository has more than ${maxCommits} commits: too many to be rewritten here.`, {
      code: 'history_too_long',
      hint: 'Squash the history first.',
    })
  }
}
