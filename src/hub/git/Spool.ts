import { randomBytes } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A file on disk without a name: it is gone with the process, however that ends. */
export class Spool implements AsyncDisposable {
  readonly #file: FileHandle
  #size = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(dir: string): Promise<Spool> {
    const path = join(dir, `pack-${randomBytes(6).toString('hex')}`)
    const file = await open(path, 'wx+', 0o600)
    try {
      await unlink(path)
    } catch (error) {
      await file.close()
      throw error
    }
    return new Spool(file)
  }

  get size(): number {
    return this.#size
  }

  /** Adds bytes at the end; returns where they begin. One at a time. */
  async append(bytes: Uint8Array): Promise<number> {
    const at = this.#size
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    }
    this.#size += bytes.length
    return at
  }

  /** Bytes from a place that was written before. */
  async read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, at + done)
      if (bytesRead === 0) return bytes.subarray(0, done)
      done += bytesRead
    }
    return bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
