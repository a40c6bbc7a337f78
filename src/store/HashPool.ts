import { Worker } from 'node:worker_threads'
import { Fault, UnixFs } from '../core/index.ts'

/** One chunk's worth of memory that the hashing threads see without a copy. */
export type Slot = { bytes: Uint8Array; offset: number }

/** SHA-256 of a whole file, fed in order. */
export type WholeHash = {
  update(slot: Slot, length: number): Promise<void>
  digest(): Promise<Uint8Array>
  drop(): void
}

const slotCount = 8

type Task = { resolve: (digest: Uint8Array) => void; reject: (error: Error) => void }

/**
 * Two threads that hash chunks held in shared memory: one the chunks by themselves, the other whole files.
 * They start with the first use and do not keep the process alive.
 */
export class HashPool {
  readonly #memory = new SharedArrayBuffer(slotCount * UnixFs.chunkSize)
  readonly #free: Slot[] = Array.from({ length: slotCount }, (_, i) => {
    const offset = i * UnixFs.chunkSize
    return { offset, bytes: new Uint8Array(this.#memory, offset, UnixFs.chunkSize) }
  })
  readonly #waiting: ((slot: Slot) => void)[] = []
  readonly #tasks = new Map<number, Task>()
  #threads: { chunks: Worker; files: Worker } | undefined
  #counter = 0

  /** Waits for a free slot. Hold it only while its bytes are being worked on, never while waiting for more input. */
  acquire(): Promise<Slot> {
    const slot = this.#free.pop()
    if (slot) return Promise.resolve(slot)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  release(slot: Slot): void {
    const next = this.#waiting.shift()
    if (next) next(slot)
    else this.#free.push(slot)
  }

  /** SHA-256 of the first `length` bytes of the slot. */
  chunk(slot: Slot, length: number): Promise<Uint8Array> {
    return this.#ask('chunks', { kind: 'chunk', offset: slot.offset, length })
  }

  whole(): WholeHash {
    const stream = this.#counter++
    return {
      update: async (slot, length) => {
        await this.#ask('files', { kind: 'update', stream, offset: slot.offset, length })
      },
      digest: () => this.#ask('files', { kind: 'digest', stream }),
      drop: () => this.#threads?.files.postMessage({ kind: 'drop', stream }),
    }
  }

  async close(): Promise<void> {
    const threads = this.#threads
    this.#threads = undefined
    if (threads) await Promise.all([threads.chunks.terminate(), threads.files.terminate()])
    this.#fail(new Fault('The store was closed while it was hashing.'))
  }

  #ask(thread: 'chunks' | 'files', message: object): Promise<Uint8Array> {
    this.#threads ??= { chunks: this.#start(), files: this.#start() }
    const worker = this.#threads[thread]
    const task = this.#counter++
    return new Promise((resolve, reject) => {
      if (this.#tasks.size === 0) this.#keepAlive(true)
      this.#tasks.set(task, { resolve, reject })
      worker.postMessage({ task, ...message })
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL('./hash-worker.mjs', import.meta.url), {
      workerData: this.#memory,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    })
    worker.on('message', ({ task, digest }: { task: number; digest: Uint8Array }) => {
      this.#tasks.get(task)?.resolve(digest)
      this.#tasks.delete(task)
      if (this.#tasks.size === 0) this.#keepAlive(false)
    })
    worker.on('error', (cause) => this.#fail(new Fault('A hashing thread ended.', { cause })))
    worker.unref()
    return worker
  }

  #keepAlive(on: boolean): void {
    const { chunks, files } = this.#threads ?? {}
    for (const worker of [chunks, files]) on ? worker?.ref() : worker?.unref()
  }

  #fail(error: Error): void {
    for (const task of this.#tasks.values()) task.reject(error)
    this.#tasks.clear()
  }
}
