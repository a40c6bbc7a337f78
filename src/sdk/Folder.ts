import type { BigIntStats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import picomatch from 'picomatch'
import { BadInput, NotFound, Path } from '../core/index.ts'

/** A file of a folder, with what tells whether it changed since it was last hashed. */
export type FolderFile = { path: string; absolutePath: string; size: number; mtimeNs: bigint; inode: bigint }

/** Never published: version control, our own notes, and caches of other tools. */
const skipped = new Set(['.git', '.dehug', '.DS_Store', '__pycache__'])
const skippedPaths = new Set(['.cache/huggingface'])

/**
 * Every file below `folder`, sorted by path. Refuses what cannot be the same everywhere: symlinks, devices and sockets,
 * unsafe names and names that differ in case only. `exclude` are globs over paths.
 */
export async function walk(folder: string, options: { exclude?: string[] } = {}): Promise<FolderFile[]> {
  const root = resolve(folder)
  const top = await lstat(root).catch(() => undefined)
  if (!top?.isDirectory()) throw new NotAFolder(folder)
  const excluded = options.exclude?.length ? picomatch(options.exclude, { dot: true }) : () => false
  const files: FolderFile[] = []
  for await (const file of walkInto(root, '', excluded)) files.push(file)
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  Path.assertUnique(files.map((file) => file.path))
  if (files.length === 0) throw new EmptyFolder(folder)
  return files
}

async function* walkInto(root: string, prefix: string, excluded: (path: string) => boolean): AsyncIterable<FolderFile> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true })
  for (const entry of entries) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (skipped.has(entry.name) || skippedPaths.has(path) || excluded(path)) continue
    Path.assertSafe(path)
    const absolutePath = join(root, path)
    const stats = await lstat(absolutePath, { bigint: true })
    if (stats.isDirectory()) yield* walkInto(root, path, excluded)
    else yield fileFrom(path, absolutePath, stats)
  }
}

function fileFrom(path: string, absolutePath: string, stats: BigIntStats): FolderFile {
  if (stats.isSymbolicLink()) throw new NotARegularFile(path, 'a symlink')
  if (!stats.isFile()) throw new NotARegularFile(path, 'a device, socket or pipe')
  return { path, absolutePath, size: Number(stats.size), mtimeNs: stats.mtimeNs, inode: stats.ino }
}

/** The path given is no folder. */
export class NotAFolder extends NotFound {
  constructor(folder: string) {
    super(`${folder} is not a folder.`, {
      code: 'not_a_folder',
      exitCode: 2,
      hint: 'Give the folder that holds the files to publish.',
    })
  }
}

/** There is nothing to publish. */
export class EmptyFolder extends BadInput {
  constructor(folder: string) {
    super(`${folder} holds no file to publish.`, {
      code: 'empty_folder',
      hint: 'Put the model or dataset files into it, or loosen --exclude.',
    })
  }
}

/** A folder entry is no plain file, so its bytes are not the folder's own. */
export class NotARegularFile extends BadInput {
  constructor(path: string, what: string) {
    super(`${path} is ${what}; only plain files are published.`, {
      code: 'not_a_regular_file',
      hint: 'Replace it with a copy of the file, or leave it out with --exclude.',
      details: { path },
    })
  }
}
