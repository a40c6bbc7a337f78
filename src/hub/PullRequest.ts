import {
  Blob,
  Commit,
  type Db,
  Discussion,
  GitObject,
  History,
  Merge,
  Ref,
  type Repo,
  TextMerge,
  type Token,
  Tree,
  TreeDiff,
} from '../catalog/index.ts'
import { Conflict } from '../core/index.ts'
import { authorOf } from './authorship.ts'
import type { HubContext } from './context.ts'
import { hooks, landed } from './landing.ts'
import { readAll } from './read-all.ts'
import * as UnifiedDiff from './UnifiedDiff.ts'
import { announceChange } from './webhooks/announce.ts'

/** The heads of both sides and where they parted; `base` is undefined for histories that have nothing in common. */
type Sides = { target: Tree.Found; head: Tree.Found; base: Tree.Found | undefined }

const maxDiffFiles = 300
const mergedTextBytes = 256 * 1024

/** The changes of a pull request as one patch, and the files that keep it from being merged. */
export const details = async (context: HubContext, repo: Repo.Repo, pull: Discussion.Discussion) => {
  const { db } = context.catalog
  const sides = await sidesOf(db, repo, pull)
  if (!sides) return { filesWithConflicts: [], diff: '' }
  const { base, head } = sides
  const { changes } = await TreeDiff.of(db, repo.id, base?.tree, head.tree, maxDiffFiles)
  const diff = UnifiedDiff.join(await UnifiedDiff.describe(context, repo, changes))
  if (pull.status === 'merged' || pull.status === 'closed') return { filesWithConflicts: [], diff }
  const merged = await mergeFiles(context, repo, sides).catch((error) => {
    if (error instanceof Conflict) return undefined
    throw error
  })
  return { filesWithConflicts: merged?.conflicts ?? true, diff }
}

const sidesOf = async (db: Db, repo: Repo.Repo, pull: Discussion.Discussion): Promise<Sides | undefined> => {
  const ref = (await Ref.byName(db, repo.id, [Discussion.refOf(pull.num)])).get(Discussion.refOf(pull.num))
  const head = ref && (await Tree.commitAt(db, repo.id, ref.oid))
  const merge = pull.mergeCommit === null ? undefined : await Tree.commitAt(db, repo.id, pull.mergeCommit)
  const main = merge ? merge.parents[0] : (await Ref.byName(db, repo.id, [Ref.main])).get(Ref.main)?.oid
  const target = main === undefined ? undefined : await Tree.commitAt(db, repo.id, main)
  if (!head || !target) return undefined
  const base = await History.mergeBase(db, repo.id, target.oid, head.oid)
  return { target, head, base: base === undefined ? undefined : await Tree.commitAt(db, repo.id, base) }
}

/** `texts` are files that both sides changed, merged by lines; they are in no store yet. */
type Merged = { changes: Commit.Change[]; texts: MergedText[]; conflicts: string[] }
type MergedText = { path: string; bytes: Buffer; mode: TreeDiff.File['mode'] }

/** Comparing texts takes time; who has more of them merges with git. */
const maxTexts = 20

/** The changes that bring the pull request to its target, with texts that both sides changed merged by lines. */
const mergeFiles = async (context: HubContext, repo: Repo.Repo, sides: Sides): Promise<Merged> => {
  const { base, target, head } = sides
  const plan = await Merge.plan(context.catalog.db, repo.id, base?.tree, target.tree, head.tree)
  const merged: Merged = { changes: [...plan.changes], texts: [], conflicts: [...plan.conflicts] }
  for (const file of plan.both) {
    const text = merged.texts.length < maxTexts ? await mergeText(context, repo, file) : undefined
    if (text) merged.texts.push(text)
    else merged.conflicts.push(file.path)
  }
  merged.conflicts.sort()
  return merged
}

const mergeText = async (
  context: HubContext,
  repo: Repo.Repo,
  { path, base, ours, theirs }: Merge.Both,
): Promise<MergedText | undefined> => {
  const mode = ours.mode === base.mode ? theirs.mode : theirs.mode === base.mode ? ours.mode : undefined
  if (mode === undefined && ours.mode !== theirs.mode) return undefined
  const blobs = await Blob.byOid(context.catalog.db, repo.id, [base.oid, ours.oid, theirs.oid])
  const texts: string[] = []
  for (const { oid } of [base, ours, theirs]) {
    const blob = blobs.get(oid)
    if (!blob || blob.lfs || blob.size > mergedTextBytes) return undefined
    const text = UnifiedDiff.textOfBytes(await readAll(await context.store.open(blob.cid)))
    if (text === undefined) return undefined
    texts.push(text)
  }
  const [before = '', mine = '', other = ''] = texts
  const text = TextMerge.merge(before, mine, other)
  if (text === undefined) return undefined
  return { path, bytes: Buffer.from(text), mode: mode ?? ours.mode }
}

/** Puts merged texts into the store; the changes that name them are returned. */
const keepTexts = async (
  { store }: HubContext,
  repo: Repo.Repo,
  texts: readonly MergedText[],
): Promise<Commit.Change[]> => {
  const changes: Commit.Change[] = []
  for (const { path, bytes, mode } of texts) {
    const { sha256, cid, size } = await store.put(bytes, { expect: { size: bytes.length } })
    await store.pin(cid, `repo:${repo.id}`)
    const blob = { oid: GitObject.oid('blob', bytes), sha256, cid, size, lfs: false }
    changes.push({ kind: 'put', path, blob, mode })
  }
  return changes
}

/** How often a merge begins again because somebody pushed meanwhile. */
const tries = 5

/** The wish to merge: what, by whom, and a comment that comes before it. */
export type Wish = { repo: Repo.Repo; num: number; holder: Token.Holder; comment: string | undefined }

/** Merges into the main branch by a commit with two parents. Throws {@link MergeConflict}, {@link NotOpen} and `BranchMoved`. */
export const merge = async (context: HubContext, wish: Wish): Promise<void> => {
  for (let left = tries; ; left -= 1) {
    try {
      return await mergeOnce(context, wish)
    } catch (error) {
      if (!(error instanceof Commit.BranchMoved) || left === 1) throw error
    }
  }
}

const mergeOnce = async (context: HubContext, { repo, num, holder, comment }: Wish): Promise<void> => {
  const { db } = context.catalog
  const pull = await Discussion.get(db, repo.id, num)
  assertOpen(pull)
  const sides = await sidesOf(db, repo, pull)
  if (!sides) throw new NotOpen(pull)
  const { target, head, base } = sides
  const merged = await mergeFiles(context, repo, sides)
  if (merged.conflicts.length > 0) throw new MergeConflict(num, merged.conflicts)
  const changes = [...merged.changes, ...(await keepTexts(context, repo, merged.texts))]
  await db.transaction(async (tx) => {
    const fresh = await Commit.lock(tx, repo.id)
    assertOpen(await Discussion.get(tx, repo.id, num))
    const ref = Discussion.refOf(num)
    if ((await Ref.byName(tx, repo.id, [ref])).get(ref)?.oid !== head.oid) throw new Commit.BranchMoved(head.oid)
    const now = context.clock()
    const author = holder.user.id
    if (comment) await Discussion.addComment(tx, pull.id, author, comment, now)
    const input = {
      ref: Ref.main,
      parent: target.oid,
      changes,
      author: authorOf(holder),
      message: `${pull.title} (#${num})`,
      actorId: author,
      now,
      ...hooks(context),
    }
    // A pull request without commits of its own is merged as it is.
    const commit =
      base?.oid === head.oid ? target.oid : (await Commit.apply(tx, fresh, { ...input, merged: [head.oid] })).oid
    await Discussion.setMerged(tx, pull, commit, author, now)
    await announceChange(context, tx, fresh, num)
  })
  await landed(context, repo)
}

const assertOpen = (pull: Discussion.Discussion): void => {
  if (!pull.isPullRequest || pull.status === 'closed' || pull.status === 'draft') throw new NotOpen(pull)
  if (pull.status === 'merged') throw new Discussion.AlreadyMerged(pull.num)
}

/** Both sides changed the same lines, or files that have none. */
export class MergeConflict extends Conflict {
  constructor(num: number, files: string[]) {
    super(`The pull request ${num} conflicts with its target in ${files.slice(0, 20).join(', ')}.`, {
      code: 'merge_conflict',
      hint: 'Bring the changes of main into the pull request first.',
      details: { filesWithConflicts: files.slice(0, 1_000) },
    })
  }
}

export class NotOpen extends Conflict {
  constructor({ num, isPullRequest, status }: Discussion.Discussion) {
    super(isPullRequest ? `The pull request ${num} is ${status}.` : `The discussion ${num} is no pull request.`, {
      code: 'not_open',
      hint: 'Only open pull requests can be merged.',
    })
  }
}
