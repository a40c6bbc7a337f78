import { type FileHandle, open, stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { XetHash } from '../../core/index.ts'
import type { HashPool } from '../HashPool.ts'
import { type Layout, missing, readFully, writeFully } from '../Layout.ts'
import { StoreDamaged, XorbMissing } from '../Store.ts'
import type { StoreWriter } from '../StoreWriter.ts'
import { receiveXorb } from './receive-xorb.ts'
import * as XorbTable from './XorbTable.ts'

const cachedTableBytes = 64 * 2 ** 20
const readBytes = 2 ** 20

/** A xorb that is open: its table belongs to exactly these bytes. */
export type OpenXorb = { hash: string; file: FileHandle; table: XorbTable.XorbTable }

type Cached = { inode: number; table: XorbTable.XorbTable }

/** Xorbs as they were sent (chunks stay packed), each with its table in one file named by its hash. */
export class XorbStore {
  readonly #layout: Layout
  readonly #writer: StoreWriter
  readonly #pool: HashPool
  readonly #tables = new LRUCache<string, Cached>({
    maxSize: cachedTableBytes,
    sizeCalculation: ({ table }) => 1024 + table.checks.length * 44,
  })

  constructor(layout: Layout, writer: StoreWriter, pool: HashPool) {
    this.#layout = layout
    this.#writer = writer
    this.#pool = pool
  }

  /** Stores a xorb once its chunks were unpacked and hashed. Throws `BadXorb`; nothing is visible before it is whole. */
  async put(
    hash: string,
    source: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ inserted: boolean; table: XorbTable.XorbTable }> {
    XetHash.parse(hash)
    return await this.#writer.withTemporary(async (path, file) => {
      const table = await receiveXorb(hash, source, { pool: this.#pool, to: file, signal })
      const trailer = XorbTable.encode(table)
      await writeFully(file, trailer, XorbTable.recordsBytes(table))
      await file.datasync()
      const inserted = !(await this.#isIntact(hash))
      await this.#writer.placeXorb(path, this.#layout.xorb(hash), inserted)
      return { inserted, table }
    })
  }

  async has(hash: string): Promise<boolean> {
    return (await stat(this.#layout.xorb(hash)).catch(missing)) !== undefined
  }

  /** Throws {@link XorbMissing} and {@link StoreDamaged}. The caller closes `file`. */
  async open(hash: string): Promise<OpenXorb> {
    const file = await open(this.#layout.xorb(hash), 'r').catch(missing)
    if (!file) throw new XorbMissing(hash)
    try {
      const { ino, size } = await file.stat()
      const cached = this.#tables.get(hash)
      if (cached?.inode === ino) return { hash, file, table: cached.table }
      const table = await readTable(file, size)
      if (!table) throw new StoreDamaged(`The table of xorb ${hash} is damaged.`, hash)
      this.#tables.set(hash, { inode: ino, table })
      return { hash, file, table }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** The table alone. Throws {@link XorbMissing} and {@link StoreDamaged}. */
  async table(hash: string): Promise<XorbTable.XorbTable> {
    const { file, table } = await this.open(hash)
    await file.close()
    return table
  }

  /** The xorb was deleted. */
  forget(hash: string): void {
    this.#tables.delete(hash)
  }

  /** A xorb that is here already is sent again, perhaps because it is damaged. */
  async #isIntact(hash: string): Promise<boolean> {
    const xorb = await this.open(hash).catch((error: unknown) => {
      if (error instanceof XorbMissing || error instanceof StoreDamaged) return undefined
      throw error
    })
    if (!xorb) return false
    try {
      for (const run of runs(xorb.table, 0, XorbTable.chunkCount(xorb.table))) await readRecords(xorb, run)
      return true
    } catch (error) {
      if (error instanceof StoreDamaged) return false
      throw error
    } finally {
      await xorb.file.close()
    }
  }
}

/** Chunks `start` to `end` (exclusive) of a xorb. */
export type Run = { start: number; end: number }

/** Cuts a run of chunks into runs of about a MiB of records. */
export function* runs(table: XorbTable.XorbTable, start: number, end: number): Generator<Run> {
  for (let from = start; from < end; ) {
    const limit = XorbTable.recordStart(table, from) + readBytes
    let to = from + 1
    while (to < end && table.recordEnds[to]! <= limit) to++
    yield { start: from, end: to }
    from = to
  }
}

/** The records of a run as they are on disk, checked, in memory of exactly their size. Throws {@link StoreDamaged}. */
export async function readRecords(
  { hash, file, table }: OpenXorb,
  { start, end }: Run,
  bytes: Buffer = Buffer.allocUnsafeSlow(XorbTable.bytesOf(table, { start, end })),
): Promise<Buffer> {
  const from = XorbTable.recordStart(table, start)
  const length = await readFully(file, bytes, from)
  for (let chunk = start; chunk < end; chunk++) {
    const record = bytes.subarray(XorbTable.recordStart(table, chunk) - from, table.recordEnds[chunk]! - from)
    if (length < bytes.length || crc32(record) !== table.checks[chunk]) {
      throw new StoreDamaged(`Chunk ${chunk} of xorb ${hash} is damaged.`, hash)
    }
  }
  return bytes
}

async function readTable(file: FileHandle, size: number): Promise<XorbTable.XorbTable | undefined> {
  const trailer = Buffer.alloc(XorbTable.trailerBytes)
  if (size < trailer.length) return undefined
  await readFully(file, trailer, size - trailer.length)
  const length = XorbTable.tableBytes(trailer)
  if (length === undefined || length > size - trailer.length) return undefined
  const bytes = Buffer.allocUnsafeSlow(length + trailer.length)
  await readFully(file, bytes, size - bytes.length)
  const table = XorbTable.decode(bytes)
  return table && XorbTable.recordsBytes(table) === size - bytes.length ? table : undefined
}
