import type { Db } from './database.ts'
import type { Entry } from './GitObject.ts'
import { entriesOf } from './Tree.ts'

export type File = Pick<Entry, 'oid' | 'mode'>

/** A file that two trees do not have in common: undefined on the side that has none there. */
export type FileChange = { path: string; before: File | undefined; after: File | undefined }

/** Changes ordered by path; `complete` is false where there are more than were asked for. */
export type Difference = { changes: FileChange[]; complete: boolean }

type Pair = { path: string; before: string | undefined; after: string | undefined }

/** Folders whose trees are read at once. */
const foldersAtOnce = 64

/** The files in which two trees differ, at most about `limit` of them. Folders that are equal are not read. */
export const of = async (
  db: Db,
  repoId: string,
  before: string | undefined,
  after: string | undefined,
  limit: number,
): Promise<Difference> => {
  const changes: FileChange[] = []
  const open: Pair[] = before === after ? [] : [{ path: '', before, after }]
  while (open.length > 0 && changes.length <= limit) {
    const pairs = open.splice(-foldersAtOnce)
    const trees = await entriesOf(db, repoId, [
      ...new Set(pairs.flatMap((pair) => [pair.before, pair.after].filter((oid) => oid !== undefined))),
    ])
    for (const pair of pairs) compare(pair, trees, changes, open)
  }
  const complete = changes.length <= limit
  return { changes: changes.slice(0, limit).sort((a, b) => (a.path < b.path ? -1 : 1)), complete }
}

const compare = (pair: Pair, trees: ReadonlyMap<string, Entry[]>, changes: FileChange[], open: Pair[]): void => {
  const byName = (oid: string | undefined) =>
    new Map((oid === undefined ? [] : (trees.get(oid) ?? [])).map((entry) => [entry.name, entry]))
  const [before, after] = [byName(pair.before), byName(pair.after)]
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(name), after.get(name)]
    if (old?.oid === now?.oid && old?.mode === now?.mode) continue
    const path = pair.path === '' ? name : `${pair.path}/${name}`
    const [oldFolder, newFolder] = [folder(old), folder(now)]
    if (oldFolder !== newFolder) open.push({ path, before: oldFolder, after: newFolder })
    const [oldFile, newFile] = [file(old), file(now)]
    if (oldFile || newFile) changes.push({ path, before: oldFile, after: newFile })
  }
}

const folder = (entry: Entry | undefined): string | undefined => (entry?.mode === '40000' ? entry.oid : undefined)
const file = (entry: Entry | undefined): File | undefined =>
  entry === undefined || entry.mode === '40000' ? undefined : { oid: entry.oid, mode: entry.mode }
