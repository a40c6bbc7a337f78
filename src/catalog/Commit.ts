import { and, eq, inArray, sql } from 'drizzle-orm'
import { BadInput, Conflict, DehugError, NotFound, Path } from '../core/index.ts'
import * as Blob from './Blob.ts'
import * as Discussion from './Discussion.ts'
import type { Db } from './database.ts'
import { type Author, encodeCommit, type Kind, oid as oidOf, parseCommit, parseTree } from './GitObject.ts'
import * as History from './History.ts'
import * as LfsFile from './LfsFile.ts'
import * as LostTip from './LostTip.ts'
import * as Ref from './Ref.ts'
import type { Repo } from './Repo.ts'
import { commitAt, type Found } from './Tree.ts'
import * as TreeEdit from './TreeEdit.ts'
import { blobs, gitObjects, repos } from './tables/index.ts'

export { NothingThere, PathCollision } from './TreeEdit.ts'

/** A file to put names new contents whole, and contents that the repository has by their id. */
export type Change = TreeEdit.Change<Blob.Blob | Pick<Blob.Blob, 'oid'>>

export const mainRef = Ref.main

/** An object in git's encoding, without its header. Blobs are no objects here: see `Blob`. */
export type GitRow = { oid: string; kind: Exclude<Kind, 'blob'>; bytes: Uint8Array }

/** Where a ref goes. `from` is where it has to be now: `''` means it is new, undefined that it does not matter. */
export type Move = {
  /** Full name, such as `refs/heads/main`. */
  ref: string
  from?: string | undefined
  /** The commit; `''` deletes the ref. */
  to: string
  /** The tag object of an annotated tag on that commit. */
  tagOid?: string | undefined
}

export type Moved = { ref: string; from: string; to: string }

/** What happens in the same transaction, from whatever side the commits came. */
export type Hooks = {
  /** What the row of the repository says at its new head on the main branch. */
  describe?: (tx: Db, repo: Repo, head: Found, before: Found | undefined) => Promise<Partial<typeof repos.$inferInsert>>
  /** Told after the refs have moved. */
  moved?: (tx: Db, repo: Repo, moves: Moved[]) => Promise<void>
}

export type Landing = Hooks & {
  objects: Iterable<GitRow> | AsyncIterable<GitRow>
  /** Contents of new files. Their bytes are in the store, pinned, and the caller had the right to name them. */
  blobs: readonly Blob.Blob[]
  moves: readonly Move[]
  /** Paths of large files by the id of their contents, where they are known. */
  paths?: ReadonlyMap<string, string>
  /** The objects were made elsewhere: they are checked for safe names and for naming nothing that is missing. */
  foreign?: boolean
  /** What becomes of the other moves when one is refused; unless said, nothing moves at all and the reason is thrown. */
  each?: boolean
  /** Whom the events of pull requests name. */
  actorId?: string | undefined
  now: Date
}

/** What moved, and with `each` what did not. */
export type Landed = { moved: Moved[]; refused: { ref: string; reason: DehugError }[] }

/**
 * The one way anything enters a repository: inserts objects, moves refs if they are where they should be, and brings
 * the repository's row up to date, or does nothing at all. Throws {@link BranchMoved}, `RefExists`, `NoSuchRef`,
 * `BadRefName`, `MainStays`, `NoSuchDiscussion`, {@link Incomplete}.
 */
export const land = (db: Db, repo: Repo, landing: Landing): Promise<Landed> =>
  db.transaction(async (tx) => {
    const fresh = await lock(tx, repo.id)
    const added = await Blob.insert(tx, repo.id, landing.blobs)
    await insertObjects(tx, repo.id, landing)
    await recordLfs(tx, repo.id, landing)
    const landed: Landed = { moved: [], refused: [] }
    for (const move of landing.moves) {
      try {
        landed.moved.push(await tx.transaction((inner) => moveRef(inner, fresh, move, landing)))
      } catch (reason) {
        if (!landing.each || !(reason instanceof DehugError) || reason.status >= 500) throw reason
        landed.refused.push({ ref: move.ref, reason })
      }
    }
    const used = added === 0 ? {} : { usedStorage: sql`${repos.usedStorage} + ${added}` }
    // A pull request is no change of the repository yet.
    const changed = landed.moved.some(({ ref }) => !ref.startsWith('refs/pr/')) ? { updatedAt: landing.now } : {}
    const row = { ...changed, ...used, ...(await atHead(tx, fresh, landed.moved, landing)) }
    if (Object.keys(row).length > 0) await tx.update(repos).set(row).where(eq(repos.id, repo.id))
    await LostTip.ofMoves(tx, repo.id, landed.moved, landing.now)
    await landing.moved?.(tx, fresh, landed.moved)
    return landed
  })

const recordLfs = (tx: Db, repoId: string, { blobs: contents, moves, paths, now }: Landing): Promise<void> => {
  const ref = moves[0]?.ref ?? ''
  const large = contents.filter(({ lfs }) => lfs)
  return LfsFile.record(
    tx,
    repoId,
    large.map(({ oid }) => ({ oid, path: paths?.get(oid) ?? '', ref, pushedAt: now })),
  )
}

const moveRef = async (tx: Db, repo: Repo, move: Move, { actorId, now }: Landing): Promise<Moved> => {
  const { ref, to, tagOid = null } = move
  const current = (await Ref.byName(tx, repo.id, [ref])).get(ref)?.oid ?? ''
  if (move.from === '' && current !== '') throw new Ref.RefExists(ref)
  if (to === '' && current === '') throw new Ref.NoSuchRef(ref)
  if (move.from !== undefined && move.from !== current) throw new BranchMoved(current)
  if (to === '') await Ref.remove(tx, repo.id, ref)
  else {
    if (current === '') await assertNew(tx, repo.id, ref)
    if (!(await History.stepsOf(tx, repo.id, [to])).has(to)) throw new Incomplete(`the commit ${to}`)
    await Ref.set(tx, repo.id, { name: ref, oid: to, tagOid })
  }
  const moved = { ref, from: current, to }
  await Discussion.pushed(tx, repo, moved, actorId, now)
  return moved
}

const assertNew = async (tx: Db, repoId: string, ref: string): Promise<void> => {
  Ref.assertName(ref)
  await Ref.assertNoneAround(tx, repoId, ref)
}

/** Holds the repository until the transaction ends, and reads it. Throws `NotFound` where it was deleted meanwhile. */
export const lock = async (tx: Db, repoId: string): Promise<Repo> => {
  const [repo] = await tx.select().from(repos).where(eq(repos.id, repoId)).for('update')
  if (!repo) throw new NotFound('The repository was deleted meanwhile.', { code: 'repo_not_found' })
  return repo
}

const atHead = async (tx: Db, repo: Repo, moves: Moved[], { describe }: Hooks) => {
  const move = moves.find(({ ref }) => ref === mainRef)
  if (!move || move.to === '') return {}
  const head = await commitAt(tx, repo.id, move.to)
  if (!head) throw new Incomplete(`the commit ${move.to}`)
  const before = move.from === '' ? undefined : await commitAt(tx, repo.id, move.from)
  return { ...(await describe?.(tx, repo, head, before)), head: head.oid }
}

const objectsAtOnce = 1_000

const insertObjects = async (tx: Db, repoId: string, { objects, foreign }: Landing): Promise<void> => {
  const made: History.Shape[] = []
  const named = foreign ? new Named() : undefined
  let rows: (GitRow & { repoId: string })[] = []
  const flush = async () => {
    if (rows.length > 0) await tx.insert(gitObjects).values(rows).onConflictDoNothing()
    rows = []
  }
  for await (const { oid, kind, bytes } of objects) {
    named?.add({ oid, kind, bytes })
    if (kind === 'commit') {
      const { tree, parents, at } = parseCommit(bytes)
      made.push({ oid, tree, parents, at })
    }
    rows.push({ oid, kind, bytes, repoId })
    if (rows.length === objectsAtOnce) await flush()
  }
  await flush()
  for (const kind of ['commit', 'tree', 'blob'] as const) {
    if (named) await assertPresent(tx, repoId, kind, [...named.oids[kind]])
  }
  await History.record(tx, repoId, made)
}

/** The objects that others name. `add` throws `BadPath` for names that some system cannot hold. */
class Named {
  readonly oids = { commit: new Set<string>(), tree: new Set<string>(), blob: new Set<string>() }

  add({ kind, bytes }: GitRow): void {
    if (kind === 'commit') {
      const { tree, parents } = parseCommit(bytes)
      this.oids.tree.add(tree)
      for (const parent of parents) this.oids.commit.add(parent)
    }
    if (kind !== 'tree') return
    const entries = parseTree(bytes)
    for (const { name, mode, oid } of entries) {
      Path.assertSafe(name)
      this.oids[mode === '40000' ? 'tree' : 'blob'].add(oid)
    }
    Path.assertUnique(entries.map(({ name }) => name))
  }
}

const assertPresent = async (tx: Db, repoId: string, kind: Kind, oids: string[]): Promise<void> => {
  for (let at = 0; at < oids.length; at += 10_000) {
    const some = oids.slice(at, at + 10_000)
    const rows =
      kind === 'blob'
        ? await tx
            .select({ oid: blobs.oid })
            .from(blobs)
            .where(and(eq(blobs.repoId, repoId), inArray(blobs.oid, some)))
        : await tx
            .select({ oid: gitObjects.oid })
            .from(gitObjects)
            .where(
              and(eq(gitObjects.repoId, repoId), eq(gitObjects.kind, kind as 'tree'), inArray(gitObjects.oid, some)),
            )
    const there = new Set(rows.map(({ oid }) => oid))
    const missing = some.find((oid) => !there.has(oid))
    if (missing !== undefined) throw new Incomplete(`the ${kind} ${missing}`)
  }
}

export type Input = Hooks & {
  /** Full name, such as `refs/heads/main`. */
  ref: string
  changes: readonly Change[]
  author: Author
  message: string
  /** The commit the change was made on, or its beginning; the branch must still be there. */
  parent?: string | undefined
  /** Further parents: what the changes merge. With them a commit is made even where no file changes. */
  merged?: string[]
  actorId?: string | undefined
  now: Date
}

export type Made = { oid: string; parents: string[]; changed: boolean }

/**
 * Applies changes on top of a branch as one git commit, or not at all. Nothing changed: no commit, the head is returned.
 * Throws {@link BranchMoved}, `NothingThere`, `PathCollision`, `BadPath`, and `NotFound` for an unknown branch.
 */
export const apply = (db: Db, repo: Repo, input: Input): Promise<Made> =>
  db.transaction(async (tx) => {
    const { author, message, now, ref, changes, parent, merged = [] } = input
    const fresh = await lock(tx, repo.id)
    const base = (await Ref.byName(tx, repo.id, [ref])).get(ref)?.oid ?? ''
    if (base === '' && (ref !== mainRef || fresh.head !== '')) throw new Ref.NoSuchRef(ref)
    if (parent !== undefined && !(parent.length >= 7 && base.startsWith(parent))) throw new BranchMoved(base)
    const before = base === '' ? undefined : await commitAt(tx, repo.id, base)
    const { tree, trees } = await TreeEdit.edit(tx, repo.id, before?.tree, changes)
    if (before && tree === before.tree && merged.length === 0) {
      return { oid: base, parents: before.parents, changed: false }
    }
    const parents = [...(base === '' ? [] : [base]), ...merged]
    const bytes = encodeCommit({ tree, parents, author, message, at: Math.floor(now.getTime() / 1000) })
    const oid = oidOf('commit', bytes)
    await land(tx, fresh, {
      ...hooksOf(input),
      objects: [
        ...[...trees].map(([id, encoded]) => ({ oid: id, kind: 'tree' as const, bytes: encoded })),
        { oid, kind: 'commit', bytes },
      ],
      blobs: newBlobs(changes),
      paths: new Map(changes.flatMap((change) => (change.kind === 'put' ? [[change.blob.oid, change.path]] : []))),
      moves: [{ ref, from: base, to: oid }],
      actorId: input.actorId,
      now,
    })
    return { oid, parents, changed: true }
  })

/** The contents among changes that may be new to the repository. */
export const newBlobs = (changes: readonly Change[]): Blob.Blob[] =>
  changes.flatMap((change) => (change.kind === 'put' && 'cid' in change.blob ? [change.blob] : []))

const hooksOf = ({ describe, moved }: Hooks): Hooks => ({
  ...(describe ? { describe } : {}),
  ...(moved ? { moved } : {}),
})

/** Somebody else committed in between. */
export class BranchMoved extends Conflict {
  constructor(head: string) {
    super('The branch was updated since you opened this page. Please refresh and try again.', {
      code: 'branch_moved',
      hint: `The branch is now at ${head || 'nothing'}; make the change on top of it.`,
      details: { head },
    })
  }
}

/** Objects name others that the repository does not hold. */
export class Incomplete extends BadInput {
  constructor(what: string) {
    super(`The objects are not whole: ${what} is missing.`, { code: 'incomplete_objects', hint: 'Push again.' })
  }
}
