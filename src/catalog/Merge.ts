import { Conflict } from '../core/index.ts'
import type { Db } from './database.ts'
import * as TreeDiff from './TreeDiff.ts'
import type { Change } from './TreeEdit.ts'

/** A file that both sides changed, each in its own way. */
export type Both = { path: string; base: TreeDiff.File; ours: TreeDiff.File; theirs: TreeDiff.File }

/**
 * What brings their changes to our tree. `both` may still be merged by their text; `conflicts` are paths that nobody but
 * a person can decide.
 */
export type Plan = { changes: Change[]; both: Both[]; conflicts: string[] }

const maxChanges = 20_000

/** Plans a three-way merge of trees, file by file. Throws {@link TooFarApart}. */
export const plan = async (
  db: Db,
  repoId: string,
  base: string | undefined,
  ours: string,
  theirs: string,
): Promise<Plan> => {
  const our = await changesSince(db, repoId, base, ours)
  const their = await changesSince(db, repoId, base, theirs)
  const made = new Map(our.map((change) => [change.path, change]))
  const folders = new Set(our.flatMap(({ path, after }) => (after ? foldersOf(path) : [])))
  const merged: Plan = { changes: [], both: [], conflicts: [] }
  for (const change of their) {
    const { path, before, after } = change
    const mine = made.get(path)
    const inTheWay = after && (folders.has(path) || foldersOf(path).some((above) => made.get(above)?.after))
    if (inTheWay) merged.conflicts.push(path)
    else if (!mine) merged.changes.push(changeOf(change))
    else if (mine.after?.oid === after?.oid && mine.after?.mode === after?.mode) continue
    else if (before && mine.after && after) merged.both.push({ path, base: before, ours: mine.after, theirs: after })
    else merged.conflicts.push(path)
  }
  // A folder may take the place of a file that goes in the same merge.
  merged.changes.sort((a, b) => Number(a.kind === 'put') - Number(b.kind === 'put'))
  return merged
}

const changesSince = async (db: Db, repoId: string, base: string | undefined, tree: string) => {
  const { changes, complete } = await TreeDiff.of(db, repoId, base, tree, maxChanges)
  if (!complete) throw new TooFarApart()
  return changes
}

const foldersOf = (path: string): string[] =>
  path.split('/').flatMap((_, i, parts) => (i > 0 ? [parts.slice(0, i).join('/')] : []))

const changeOf = ({ path, after }: TreeDiff.FileChange): Change =>
  after ? { kind: 'put', path, blob: { oid: after.oid }, mode: after.mode } : { kind: 'delete', path }

export class TooFarApart extends Conflict {
  constructor() {
    super(`The two sides differ in more than ${maxChanges} files: too many to be merged here.`, {
      code: 'too_far_apart',
      hint: 'Merge with git and push the result.',
    })
  }
}
