import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Fault, UnixFs, XetHash } from '../core/index.ts'
import * as Blake3 from './xet/Blake3.mjs'
import { maxChunkBytes } from './xet/records.mjs'
import { BadXorb } from './xet/XorbTable.ts'

/** One chunk's worth of memory that the hashing threads see without a copy. */
export type Slot = { bytes: Uint8Array; offset: number }

/** SHA-256 of a whole file, fed in order. */
export type WholeHash = {
  update(slot: Slot, length: number): Promise<void>
  digest(): Promise<Uint8Array>
  drop(): void
}

const slotCount = 8
const slotBytes = slotCount * UnixFs.chunkSize
const recordThreads = Math.min(4, availableParallelism())
const pageBytes = 65_536
/** What a thread has for itself behind the slots: a chunk, and what hashing it takes. */
const ownBytes = Math.ceil((maxChunkBytes + Blake3.slackBytes + Blake3.scratchBytes) / pageBytes) * pageBytes
const maxThreads = recordThreads + 2
const pages = (slotBytes + maxThreads * ownBytes) / pageBytes

/** One thread hashes chunks of files by themselves, one whole files in order, the others the records of xorbs. */
type Thread = 'chunks' | 'files' | `records-${number}`

type Task = { resolve: (digest: Uint8Array) => void; reject: (error: Error) => void }

/**
 * Threads that hash what is held in shared memory. Each starts with its first use and does not keep the process alive.
 */
export class HashPool {
  readonly #memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  readonly #free: Slot[] = Array.from({ length: slotCount }, (_, i) => {
    const offset = i * UnixFs.chunkSize
    return { offset, bytes: new Uint8Array(this.#memory.buffer, offset, UnixFs.chunkSize) }
  })
  readonly #waiting: ((slot: Slot) => void)[] = []
  readonly #tasks = new Map<number, Task>()
  #threads = new Map<Thread, Worker>()
  #counter = 0
  #turn = 0

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

  /** The hash of each chunk (32 bytes) and the CRC-32 of its record (4 bytes, little-endian). Throws {@link BadXorb}. */
  records(slot: Slot, length: number): Promise<Uint8Array> {
    const thread = this.#turn++ % recordThreads
    return this.#ask(`records-${thread}`, { kind: 'records', offset: slot.offset, length })
  }

  whole(): WholeHash {
    const stream = this.#counter++
    return {
      update: async (slot, length) => {
        await this.#ask('files', { kind: 'update', stream, offset: slot.offset, length })
      },
      digest: () => this.#ask('files', { kind: 'digest', stream }),
      drop: () => this.#threads.get('files')?.postMessage({ kind: 'drop', stream }),
    }
  }

  async close(): Promise<void> {
    const threads = [...this.#threads.values()]
    this.#threads.clear()
    await Promise.all(threads.map((thread) => thread.terminate()))
    this.#fail(new Fault('The store was closed while it was hashing.'))
  }

  #ask(thread: Thread, message: object): Promise<Uint8Array> {
    const worker = this.#threads.get(thread) ?? this.#start()
    this.#threads.set(thread, worker)
    const task = this.#counter++
    return new Promise((resolve, reject) => {
      if (this.#tasks.size === 0) this.#keepAlive(true)
      this.#tasks.set(task, { resolve, reject })
      worker.postMessage({ task, ...message })
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL('./hash-worker.mjs', import.meta.url), {
      workerData: {
        memory: this.#memory,
        own: slotBytes + this.#threads.size * ownBytes,
        chunkKey: XetHash.chunkKey,
      },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    })
    worker.on('message', ({ task, result, refused }: { task: number; result: Uint8Array; refused?: string }) => {
      if (refused === undefined) this.#tasks.get(task)?.resolve(result)
      else this.#tasks.get(task)?.reject(new BadXorb(refused))
      this.#tasks.delete(task)
      if (this.#tasks.size === 0) this.#keepAlive(false)
    })
    worker.on('error', (cause) => this.#fail(new Fault('A hashing thread ended.', { cause })))
    worker.unref()
    return worker
  }

  #keepAlive(on: boolean): void {
    for (const worker of this.#threads.values()) on ? worker.ref() : worker.unref()
  }

  #fail(error: Error): void {
    for (const task of this.#tasks.values()) task.reject(error)
    this.#tasks.clear()
  }
}
