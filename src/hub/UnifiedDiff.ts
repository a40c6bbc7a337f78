import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { Blob, GitObject, type Repo, type TreeDiff } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import { readAll } from './read-all.ts'

/** What became of a file, with the text of the change where it is one that people read. */
export type FileDiff = {
  path: string
  status: 'added' | 'modified' | 'removed' | 'renamed'
  previousPath?: string
  oid: string | null
  previousOid: string | null
  size: number
  binary: boolean
  /** As `git diff` shows it, or undefined where it is beyond the bounds. */
  diff: string | undefined
}

const bounds = { fileBytes: 512 * 1024, totalBytes: 2 * 2 ** 20 }
const effort = { maxEditLength: 1_000 }
/** Time for the texts of one request; comparing them is the one thing here that costs more than reading. */
const patienceMs = 2_000

/** Describes changes one after the other; once texts reach 2 MiB or take 2 s together, the rest comes without. */
export const describe = async (
  context: HubContext,
  repo: Repo.Repo,
  changes: readonly TreeDiff.FileChange[],
): Promise<FileDiff[]> => {
  const oids = changes.flatMap(({ before, after }) => [before?.oid, after?.oid].filter((oid) => oid !== undefined))
  const blobs = await Blob.byOid(context.catalog.db, repo.id, [...new Set(oids)])
  const diffs: FileDiff[] = []
  let left = bounds.totalBytes
  const until = performance.now() + patienceMs
  for (const change of withRenames(changes)) {
    const made = await describeOne(context, blobs, change, left > 0 && performance.now() < until)
    left -= made.diff?.length ?? 0
    diffs.push(made)
  }
  return diffs
}

/** All texts as one patch. */
export const join = (diffs: readonly FileDiff[]): string => diffs.map(({ diff }) => diff ?? '').join('')

type Renamed = TreeDiff.FileChange & { previousPath?: string }

/** A file that went and one that came with the same contents are one that moved. */
const withRenames = (changes: readonly TreeDiff.FileChange[]): Renamed[] => {
  const gone = new Map<string, TreeDiff.FileChange>()
  for (const change of changes) if (!change.after && change.before) gone.set(change.before.oid, change)
  const moved = new Set<TreeDiff.FileChange>()
  const all = changes.map((change): Renamed => {
    const from = change.before || !change.after ? undefined : gone.get(change.after.oid)
    if (!from) return change
    gone.delete(from.before?.oid as string)
    moved.add(from)
    return { ...change, before: from.before, previousPath: from.path }
  })
  return all.filter((change) => !moved.has(change))
}

const describeOne = async (
  context: HubContext,
  blobs: ReadonlyMap<string, Blob.Blob>,
  change: Renamed,
  withText: boolean,
): Promise<FileDiff> => {
  const { path, before, after, previousPath } = change
  const [old, now] = [before && blobs.get(before.oid), after && blobs.get(after.oid)]
  const facts = {
    path,
    status: previousPath ? 'renamed' : !before ? 'added' : !after ? 'removed' : 'modified',
    ...(previousPath === undefined ? {} : { previousPath }),
    oid: after?.oid ?? null,
    previousOid: before?.oid ?? null,
    size: now?.size ?? 0,
  } as const
  const small = [old, now].every((blob) => !blob || blob.lfs || blob.size <= bounds.fileBytes)
  if (!withText || !small) return { ...facts, binary: false, diff: undefined }
  const [oldText, newText] = [await textOf(context, old), await textOf(context, now)]
  if (oldText === undefined || newText === undefined) {
    return { ...facts, binary: true, diff: `${headOf(change)}Binary files differ\n` }
  }
  const body = patch(change, oldText, newText)
  return { ...facts, binary: false, diff: body === undefined ? undefined : headOf(change) + body }
}

/** What git shows for a file; undefined where it is no text. A large file is shown as its pointer, as git holds it. */
const textOf = async ({ store }: HubContext, blob: Blob.Blob | undefined): Promise<string | undefined> => {
  if (!blob) return ''
  if (blob.lfs) return new TextDecoder().decode(GitObject.lfsPointer(blob.sha256, blob.size))
  return textOfBytes(await readAll(await store.open(blob.cid)))
}

/** UTF-8 without NUL, or undefined. */
export const textOfBytes = (bytes: Uint8Array): string | undefined => {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The lines above the text of a change, as git writes them. */
const headOf = ({ path, before, after, previousPath }: Renamed): string => {
  const lines = [`diff --git a/${previousPath ?? path} b/${path}`]
  if (before && after && before.mode !== after.mode) lines.push(`old mode ${before.mode}`, `new mode ${after.mode}`)
  if (previousPath !== undefined)
    lines.push('similarity index 100%', `rename from ${previousPath}`, `rename to ${path}`)
  if (!before && after) lines.push(`new file mode ${after.mode}`)
  if (before && !after) lines.push(`deleted file mode ${before.mode}`)
  const none = '0'.repeat(40)
  const same = before && after && before.mode === after.mode ? ` ${after.mode}` : ''
  if (before?.oid !== after?.oid) lines.push(`index ${before?.oid ?? none}..${after?.oid ?? none}${same}`)
  return `${lines.join('\n')}\n`
}

const patch = ({ path, before, after }: Renamed, old: string, now: string): string | undefined => {
  if (old === now) return ''
  const names = [before ? `a/${path}` : '/dev/null', after ? `b/${path}` : '/dev/null'] as const
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY, ...effort }
  return createTwoFilesPatch(...names, old, now, undefined, undefined, options)
}
