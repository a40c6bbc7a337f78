import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where things are in a store's folder. Each kind is spread over sub-folders named by two letters of the name. */
export type Layout = ReturnType<typeof of>

export function of(dir: string) {
  const spread = (kind: string) => (name: string) => join(dir, kind, name.slice(-3, -1), name)
  return {
    dir,
    /** Whole files, named by root CID. */
    file: spread('files'),
    /** Sidecars of files of more than one chunk. */
    sidecar: spread('sidecars'),
    /** Recipes of files that are kept as chunks, named by root CID. */
    recipe: spread('recipes'),
    /** Xorbs: chunks of many files, named by their hash. */
    xorb: spread('xorbs'),
    /** Directory nodes. */
    node: spread('nodes'),
    /** Symbolic links from the SHA-256 of a file of more than one chunk to its CID. */
    sha256: spread('sha256'),
    kinds: {
      files: join(dir, 'files'),
      recipes: join(dir, 'recipes'),
      xorbs: join(dir, 'xorbs'),
      sidecars: join(dir, 'sidecars'),
      nodes: join(dir, 'nodes'),
    },
    temporary: join(dir, 'tmp'),
    /** Downloads that have not finished; kept so that they can go on. */
    partial: join(dir, 'partial'),
    pins: join(dir, 'pins'),
    pin: (ref: string) => join(dir, 'pins', createHash('sha256').update(ref).digest('hex')),
    locks: join(dir, 'locks'),
    /** CIDs of files of more than one chunk in the order they came, for other processes to follow. */
    journal: join(dir, 'journal'),
    /** Grows by a byte with each pin, so that a garbage collection notices. */
    pinCount: join(dir, 'locks', 'pin-count'),
    /** Grows with each new recipe, for the same reason. */
    recipeLog: join(dir, 'locks', 'recipe-log'),
  }
}

/** Makes the folder of `path` if it is missing (durably), and runs `action`, which fails with ENOENT without it. */
export async function withFolder<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    await mkdir(dirname(path), { recursive: true })
    await syncFolder(dirname(dirname(path)))
    return await action()
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes all of `bytes` at `position`. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** Reads until `into` is full or the file ends; returns the number of bytes. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** True for a file-system error with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}

/** For `catch`: a missing file is undefined, anything else is a fault. */
export function missing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error
}
