import { randomBytes } from 'node:crypto'
import { appendFile, type FileHandle, open, rename, stat, symlink, unlink, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasCode, type Layout, missing, syncFolder, withFolder, writeFully } from './Layout.ts'
import * as ProcessIdentity from './ProcessIdentity.ts'
import { StoreFull, XorbMissing } from './Store.ts'
import type { StoreLock } from './StoreLock.ts'

/**
 * Writes so that a crash at any point leaves either nothing or the whole: into a temporary file named after this
 * process, made durable, then renamed, and the folder made durable.
 */
export class StoreWriter {
  readonly #layout: Layout
  readonly #lock: StoreLock
  readonly #now: () => number
  readonly #prefix: string
  #counter = 0

  constructor(layout: Layout, lock: StoreLock, now: () => number) {
    this.#layout = layout
    this.#lock = lock
    this.#now = now
    this.#prefix = `${ProcessIdentity.serialize(ProcessIdentity.current())}-${randomBytes(4).toString('hex')}`
  }

  /** Gives `work` a new read-only file to fill and place; it is gone again when `work` fails. */
  async withTemporary<T>(work: (path: string, file: FileHandle) => Promise<T>): Promise<T> {
    return await this.guard(async () => {
      const path = this.#temporaryPath()
      const file = await open(path, 'wx', 0o444)
      try {
        return await work(path, file)
      } catch (error) {
        await unlink(path).catch(() => {})
        throw error
      } finally {
        await file.close()
      }
    })
  }

  /** Makes a finished file visible; one that is there already stays, and counts as new. */
  async place(path: string, target: string, size: number): Promise<void> {
    await withFolder(target, () =>
      this.#lock.run(async () => {
        const there = await stat(target).catch(missing)
        if (there?.size === size) {
          await this.touch(target)
          await unlink(path)
        } else await rename(path, target)
      }),
    )
    await syncFolder(dirname(target))
  }

  /** As {@link place}, for a xorb: where `isNew`, one that may be there is damaged and replaced. */
  async placeXorb(path: string, target: string, isNew: boolean): Promise<void> {
    await withFolder(target, () =>
      this.#lock.run(async () => {
        const there = isNew ? undefined : await stat(target).catch(missing)
        if (there) {
          await this.touch(target)
          await unlink(path)
        } else await rename(path, target)
      }),
    )
    await syncFolder(dirname(target))
  }

  /** Makes a recipe visible while all it needs is here, which then counts as new. Throws {@link XorbMissing}. */
  async placeRecipe(cid: string, bytes: Uint8Array, xorbs: Iterable<string>): Promise<void> {
    const target = this.#layout.recipe(cid)
    await this.withTemporary(async (path, file) => {
      await writeFully(file, bytes, 0)
      await file.datasync()
      await withFolder(target, () =>
        this.#lock.run(async () => {
          await this.#touchAll(xorbs)
          await appendFile(this.#layout.recipeLog, '.')
          await rename(path, target)
        }),
      )
    })
    await syncFolder(dirname(target))
  }

  /** Makes these xorbs, and the recipe that needs them, count as new. Throws {@link XorbMissing}. */
  async touchXorbs(xorbs: Iterable<string>, cid?: string): Promise<void> {
    await this.#lock.run(async () => {
      await this.#touchAll(xorbs)
      if (cid !== undefined) await this.touch(this.#layout.recipe(cid))
    })
  }

  async #touchAll(xorbs: Iterable<string>): Promise<void> {
    for (const xorb of xorbs) {
      const isThere = await this.touch(this.#layout.xorb(xorb)).then(() => true, missing)
      if (!isThere) throw new XorbMissing(xorb)
    }
  }

  /** Writes a sidecar and the way to it from the SHA-256; both are durable before the file they belong to is visible. */
  async putSidecar(cid: string, bytes: Uint8Array, sha256: string): Promise<void> {
    const target = this.#layout.sidecar(cid)
    await this.withTemporary(async (path, file) => {
      await writeFully(file, bytes, 0)
      await file.datasync()
      await withFolder(target, () => rename(path, target))
    })
    const link = this.#layout.sha256(sha256)
    const temporary = this.#temporaryPath()
    await symlink(cid, temporary)
    await withFolder(link, () => rename(temporary, link))
    await Promise.all([syncFolder(dirname(target)), syncFolder(dirname(link))])
  }

  /** Makes a file count as new, so that it outlives the grace period of the next garbage collection. */
  async touch(path: string): Promise<void> {
    await utimes(path, this.#now() / 1000, this.#now() / 1000)
  }

  /** Turns the system's word for a full disk into ours. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw new StoreFull(this.#layout.dir, error)
      throw error
    }
  }

  #temporaryPath(): string {
    return join(this.#layout.temporary, `${this.#prefix}-${this.#counter++}`)
  }
}
