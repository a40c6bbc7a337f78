import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode, missing, readFully, syncFolder, writeFully } from '../Layout.ts'
import * as ProcessIdentity from '../ProcessIdentity.ts'
import { StoreFull } from '../Store.ts'
import * as FilePlan from './FilePlan.ts'

/**
 * A file that is being fetched: the bytes, and beside them a list of the chunks that were verified and written, so
 * that a cut or a killed process costs nothing but a fast second look at what is there.
 */
export class PartialFile {
  readonly path: string
  readonly #plan: FilePlan.FilePlan
  readonly #data: FileHandle
  readonly #state: FileHandle
  readonly #done: Uint8Array
  #stateAt: number
  doneBytes = 0

  private constructor(path: string, plan: FilePlan.FilePlan, data: FileHandle, state: FileHandle, stateAt: number) {
    this.path = path
    this.#plan = plan
    this.#data = data
    this.#state = state
    this.#done = new Uint8Array(plan.count)
    this.#stateAt = stateAt
  }

  /** Goes on with what is at `path` if no living process does; otherwise starts one beside it. */
  static async open(path: string, plan: FilePlan.FilePlan): Promise<PartialFile> {
    const free = (await claim(path)) ? path : `${path}-${randomBytes(6).toString('hex')}`
    if (free !== path) await claim(free)
    const header = `${plan.cid}\n`
    const before = await readFile(`${free}.state`).catch(missing)
    const isSame = before?.subarray(0, header.length).toString() === header
    const data = await open(free, isSame ? 'a+' : 'w+').then(async (handle) => {
      await handle.close()
      return await open(free, 'r+')
    })
    const state = await open(`${free}.state`, isSame ? 'r+' : 'w+')
    if (!isSame) await writeFully(state, Buffer.from(header), 0)
    const known = isSame
      ? before.subarray(header.length, before.length - ((before.length - header.length) % 4))
      : Buffer.alloc(0)
    const file = new PartialFile(free, plan, data, state, header.length + known.length)
    await file.#recheck(known)
    return file
  }

  isDone(leaf: number): boolean {
    return this.#done[leaf] === 1
  }

  /** Writes a verified chunk. Throws StoreFull. */
  async write(leaf: number, bytes: Uint8Array): Promise<void> {
    if (this.isDone(leaf)) return
    const entry = Buffer.alloc(4)
    entry.writeUInt32LE(leaf)
    try {
      await writeFully(this.#data, bytes, this.#plan.offsets[leaf]!)
      if (this.isDone(leaf)) return
      this.#done[leaf] = 1
      this.doneBytes += bytes.length
      const at = this.#stateAt
      this.#stateAt += 4
      await writeFully(this.#state, entry, at)
    } catch (error) {
      if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw new StoreFull(dirname(this.path), error)
      throw error
    }
  }

  /** Makes the finished file durable and hands it over under `to`. */
  async finish(to: string): Promise<void> {
    await this.#data.datasync()
    await this.close()
    await rename(this.path, to)
    await syncFolder(dirname(to))
    await this.#forget()
  }

  /** Closes it for another to finish: the bytes stay at `path`. */
  async handOver(): Promise<string> {
    await this.close()
    return this.path
  }

  async close(): Promise<void> {
    await this.#data.close().catch(() => {})
    await this.#state.close().catch(() => {})
    await unlink(`${this.path}.owner`).catch(() => {})
  }

  /** Deletes it. */
  async discard(): Promise<void> {
    await this.close()
    await unlink(this.path).catch(() => {})
    await this.#forget()
  }

  async #forget(): Promise<void> {
    await unlink(`${this.path}.state`).catch(() => {})
  }

  /** Only what still hashes right counts; a lost or torn write is fetched again. */
  async #recheck(entries: Buffer): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(2 << 20)
    for (let at = 0; at < entries.length; at += 4) {
      const leaf = entries.readUInt32LE(at)
      if (leaf >= this.#plan.count || this.isDone(leaf)) continue
      const bytes = buffer.subarray(0, FilePlan.sizeOf(this.#plan, leaf))
      const length = await readFully(this.#data, bytes, this.#plan.offsets[leaf]!)
      if (length !== bytes.length || !FilePlan.matches(this.#plan, leaf, bytes)) continue
      this.#done[leaf] = 1
      this.doneBytes += length
    }
  }
}

async function claim(path: string): Promise<boolean> {
  const owner = `${path}.owner`
  const me = ProcessIdentity.serialize(ProcessIdentity.current())
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(owner, 'wx')
      await file.writeFile(me)
      await file.close()
      return true
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    const other = ProcessIdentity.parse((await readFile(owner, 'utf8').catch(missing)) ?? '')
    if (!other || ProcessIdentity.isAlive(other) !== false) return false
    await unlink(owner).catch(missing)
  }
  return false
}
