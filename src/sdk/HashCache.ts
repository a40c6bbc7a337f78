import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { FileDigests } from './digest-file.ts'
import type { FolderFile } from './Folder.ts'

/** Remembers digests of files that did not change, so that a second push reads nothing. */
export type HashCache = {
  get(file: FolderFile): FileDigests | undefined
  /** Appends one line at once: a push that is killed keeps what it hashed. */
  set(file: FolderFile, digests: FileDigests): Promise<void>
}

/** A file changed so shortly before it was read may change again within the same time stamp. */
const settledMs = 2000

type Row = { path: string; size: number; mtimeNs: string; inode: string; digests: FileDigests }

/** Opens the journal of `folder` below `dir`; unreadable lines (a cut write) are forgotten. */
export async function open(options: { dir: string; folder: string; now: () => number }): Promise<HashCache> {
  const name = createHash('sha256').update(resolve(options.folder)).digest('hex').slice(0, 32)
  const path = join(options.dir, `${name}.ndjson`)
  const rows = new Map<string, Row>()
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  for (const line of lines) {
    const row = parseRow(line)
    if (row) rows.set(row.path, row)
  }
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  if (lines.length > 2 * rows.size + 64) await compact(path, rows)
  return {
    get: (file) => {
      const row = rows.get(file.path)
      return row && isSame(row, file) ? row.digests : undefined
    },
    set: async (file, digests) => {
      if (options.now() - Number(file.mtimeNs / 1_000_000n) < settledMs) return
      const row = rowOf(file, digests)
      rows.set(file.path, row)
      await appendFile(path, `${JSON.stringify(row)}\n`)
    },
  }
}

const isSame = (row: Row, file: FolderFile) =>
  row.size === file.size && row.mtimeNs === String(file.mtimeNs) && row.inode === String(file.inode)

const rowOf = (file: FolderFile, digests: FileDigests): Row => ({
  path: file.path,
  size: file.size,
  mtimeNs: String(file.mtimeNs),
  inode: String(file.inode),
  digests,
})

function parseRow(line: string): Row | undefined {
  try {
    const row = JSON.parse(line) as Row
    return typeof row.path === 'string' && typeof row.digests?.sha256 === 'string' ? row : undefined
  } catch {
    return undefined
  }
}

async function compact(path: string, rows: Map<string, Row>): Promise<void> {
  await writeFile(`${path}.new`, [...rows.values()].map((row) => `${JSON.stringify(row)}\n`).join(''))
  await rename(`${path}.new`, path)
}
