import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, open, readFile, readlink, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { BadInput, Cid, UnixFs } from '../core/index.ts'
import { BlockFinder } from './BlockFinder.ts'
import { collectGarbage } from './collect-garbage.ts'
import { HashPool } from './HashPool.ts'
import { type Ingested, ingest, ingestFile } from './ingest.ts'
import * as Layout from './Layout.ts'
import { missing } from './Layout.ts'
import * as Pins from './pins.ts'
import * as Sidecar from './Sidecar.ts'
import {
  type ByteRange,
  ContentMismatch,
  type Expectation,
  type Garbage,
  type GarbageOptions,
  NotStored,
  type PutOptions,
  RangeOutside,
  type Store,
  type Stored,
  type Xorbs,
} from './Store.ts'
import { StoreLock } from './StoreLock.ts'
import { StoreWriter } from './StoreWriter.ts'
import { sweep } from './sweep.ts'
import { dagOf } from './verify-file.ts'
import { ComposedFiles } from './xet/ComposedFiles.ts'
import type { Recipe } from './xet/Recipe.ts'
import { XorbStore } from './xet/XorbStore.ts'
import { xorbsOf } from './xet/xorbs-of.ts'

export type DiskStoreOptions = {
  /** The store's folder; made if missing. Several processes may use one at the same time. */
  dir: string
  now?: () => number
}

const defaultGraceMs = 3_600_000
const defaultXorbGraceMs = 7 * 24 * 3_600_000

/**
 * A store that keeps each file whole on disk, once, and serves its UnixFS blocks out of it.
 *
 * @example
 * await using store = await DiskStore.open({ dir: '.dehug/store' })
 * const { cid } = await store.put(createReadStream('model.safetensors'))
 */
export class DiskStore implements Store, AsyncDisposable {
  readonly layout: Layout.Layout
  readonly #lock: StoreLock
  readonly #now: () => number
  readonly #pool = new HashPool()
  readonly #blocks: BlockFinder
  readonly #writer: StoreWriter
  readonly #xorbs: XorbStore
  readonly #composed: ComposedFiles
  readonly xorbs: Xorbs

  private constructor(layout: Layout.Layout, lock: StoreLock, now: () => number) {
    this.layout = layout
    this.#lock = lock
    this.#now = now
    this.#writer = new StoreWriter(layout, lock, now)
    this.#xorbs = new XorbStore(layout, this.#writer, this.#pool)
    this.#composed = new ComposedFiles(layout, this.#xorbs)
    this.#blocks = new BlockFinder(layout, this.#composed)
    const parts = { layout, writer: this.#writer, composed: this.#composed, pool: this.#pool }
    this.xorbs = xorbsOf({ ...parts, xorbs: this.#xorbs })
  }

  /** Opens the folder and removes what dead processes left unfinished in it. */
  static async open({ dir, now = Date.now }: DiskStoreOptions): Promise<DiskStore> {
    const layout = Layout.of(resolve(dir))
    const folders = [
      ...Object.values(layout.kinds),
      join(layout.dir, 'sha256'),
      layout.temporary,
      layout.partial,
      layout.pins,
    ]
    for (const folder of folders) await mkdir(folder, { recursive: true })
    await sweep(layout, now())
    return new DiskStore(layout, await StoreLock.open(layout.locks, randomBytes(4).toString('hex')), now)
  }

  async close(): Promise<void> {
    await this.#pool.close()
    await this.#lock.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async put(source: AsyncIterable<Uint8Array> | Uint8Array, options: PutOptions = {}): Promise<Stored> {
    const { expect = {}, signal } = options
    const limit = expect.size ?? Number.POSITIVE_INFINITY
    const onBytes = (total: number) => {
      if (total > limit) throw new ContentMismatch('size', limit, `at least ${total}`)
    }
    return await this.#writer.withTemporary(async (path, file) => {
      const ingested = await ingest(source, { pool: this.#pool, to: file, signal, onBytes })
      return await this.#commit(path, ingested, expect)
    })
  }

  async adopt(path: string, options: PutOptions = {}): Promise<Stored> {
    const ingested = await ingestFile(path, { pool: this.#pool, signal: options.signal })
    const file = await open(path, 'r+')
    try {
      await file.chmod(0o444)
      await file.utimes(this.#now() / 1000, this.#now() / 1000)
      await file.datasync()
    } finally {
      await file.close()
    }
    return await this.#writer.guard(() => this.#commit(path, ingested, options.expect ?? {}))
  }

  async putDirectory(files: Iterable<{ path: string; cid: string }>): Promise<{ cid: string; dagSize: number }> {
    const sized: { path: string; cid: string; dagSize: number }[] = []
    for (const { path, cid } of files) sized.push({ path, cid, dagSize: await this.#dagSize(Cid.toString(cid)) })
    const dag = UnixFs.treeDag(sized)
    for (const node of dag.nodes) await this.putNode(node.bytes)
    return { cid: dag.root, dagSize: dag.dagSize }
  }

  async putNode(bytes: Uint8Array): Promise<string> {
    if (UnixFs.parseNode(bytes).type === 'file') throw new BadInput('The node is of a file; put the file itself.')
    const cid = Cid.toString(Cid.ofDagPb(createHash('sha256').update(bytes).digest()))
    await this.#writer.withTemporary(async (path, file) => {
      await Layout.writeFully(file, bytes, 0)
      await file.datasync()
      await this.#writer.place(path, this.layout.node(cid), bytes.length)
    })
    return cid
  }

  get partialDir(): string {
    return this.layout.partial
  }

  async stat(cid: string): Promise<Stored> {
    const { text, digest, codec } = canonical(cid)
    const facts = (await stat(this.layout.file(text)).catch(missing)) ?? (await this.#composed.recipe(text))
    if (!facts) throw new NotStored(text, 'file')
    if (codec === 'raw') return { cid: text, size: facts.size, sha256: Buffer.from(digest).toString('hex') }
    const sidecar = await this.#blocks.sidecar(text)
    if (!sidecar) throw new NotStored(text, 'file')
    return { cid: text, size: sidecar.size, sha256: sidecar.sha256 }
  }

  async findBySha256(sha256: string): Promise<Stored | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new BadInput(`${JSON.stringify(sha256)} is not a SHA-256 in lower-case hex.`)
    const linked = await readlink(this.layout.sha256(sha256)).catch(missing)
    const cid = linked ?? Cid.toString(Cid.ofRaw(Buffer.from(sha256, 'hex')))
    return await this.stat(cid).catch((error: unknown) => {
      if (error instanceof NotStored) return undefined
      throw error
    })
  }

  async open(cid: string, range: ByteRange = {}): Promise<Readable> {
    const { size } = await this.stat(cid)
    const { start = 0, end = size } = range
    if (!(start >= 0 && start <= end && end <= size)) throw new RangeOutside(start, end, size)
    const path = this.layout.file(Cid.toString(cid))
    const file = await open(path, 'r').catch(missing)
    if (!file) return await this.#openComposed(cid, { start, end })
    try {
      if (start < end) return createReadStream(path, { fd: file, start, end: end - 1, highWaterMark: 1 << 18 })
      await file.close()
      return Readable.from([])
    } catch (error) {
      await file.close().catch(() => {})
      throw error
    }
  }

  async path(cid: string): Promise<string> {
    const { text } = canonical(cid)
    await this.stat(text)
    const path = this.layout.file(text)
    // A copy counts as new when it is asked for, so that garbage collection leaves it for a while.
    if (await this.#has(path)) {
      if (await this.#composed.has(text)) await this.#writer.touch(path)
      return path
    }
    const recipe = await this.#recipe(text)
    await this.#writer.withTemporary(async (temporary, file) => {
      let at = 0
      for await (const piece of this.#composed.read(recipe, { start: 0, end: recipe.size })) {
        await Layout.writeFully(file, piece, at)
        at += piece.length
      }
      await file.datasync()
      await this.#writer.place(temporary, path, recipe.size)
    })
    return path
  }

  async block(cid: string): Promise<Uint8Array> {
    const bytes = await this.#blocks.find(Cid.parse(cid))
    if (!bytes) throw new NotStored(Cid.toString(cid), 'block')
    return bytes
  }

  async owners(cid: string): Promise<string[]> {
    return await this.#blocks.owners(Cid.parse(cid))
  }

  async pin(cid: string, ref: string): Promise<void> {
    const { text } = canonical(cid)
    await this.#writer.guard(() =>
      this.#lock.run(async () => {
        const forms = [this.layout.file(text), this.layout.recipe(text), this.layout.node(text)]
        const touched = await Promise.all(forms.map((path) => this.#writer.touch(path).then(() => true, missing)))
        if (!touched.includes(true)) throw new NotStored(text)
        await Pins.add(this.layout, text, ref)
      }),
    )
  }

  async unpin(ref: string): Promise<void> {
    await Pins.removeAll(this.layout, ref)
  }

  async collectGarbage({ keep, graceMs = defaultGraceMs, xorbGraceMs }: GarbageOptions): Promise<Garbage> {
    return await collectGarbage({
      layout: this.layout,
      lock: this.#lock,
      now: this.#now,
      graceMs,
      xorbGraceMs: xorbGraceMs ?? Math.max(graceMs, defaultXorbGraceMs),
      keep,
      readNode: (cid) => readFile(this.layout.node(cid)).catch(missing),
      readSidecar: (cid) => this.#blocks.sidecar(cid),
      readRecipe: (cid) => this.#composed.recipe(cid),
      readTable: (xorb) => this.#xorbs.table(xorb),
      onDeleted: (cid) => {
        this.#blocks.forget(cid)
        this.#composed.forget(cid)
      },
      onXorbDeleted: (xorb) => this.#xorbs.forget(xorb),
    })
  }

  async #commit(path: string, { size, sha256, leaves }: Ingested, expect: Expectation): Promise<Stored> {
    const dag = dagOf({ size, leaves })
    const stored = { cid: dag.root, size, sha256: Buffer.from(sha256).toString('hex') }
    assertExpected(stored, expect)
    const isLarge = leaves.length > 1
    if (isLarge)
      await this.#writer.putSidecar(dag.root, Sidecar.encode({ size, sha256, leaves, nodes: dag.nodes }), stored.sha256)
    const target = this.layout.file(dag.root)
    await this.#writer.place(path, target, size)
    if (isLarge) await appendFile(this.layout.journal, `${dag.root}\n`)
    return stored
  }

  async #recipe(cid: string): Promise<Recipe> {
    const recipe = await this.#composed.recipe(cid)
    if (!recipe) throw new NotStored(cid, 'file')
    return recipe
  }

  async #openComposed(cid: string, range: { start: number; end: number }): Promise<Readable> {
    const recipe = await this.#recipe(Cid.toString(cid))
    return Readable.from(this.#composed.read(recipe, range), { objectMode: false })
  }

  async #dagSize(cid: string): Promise<number> {
    const { size } = await this.stat(cid)
    return (await this.#blocks.sidecar(cid))?.dagSize ?? size
  }

  async #has(path: string): Promise<boolean> {
    return (await stat(path).catch(missing)) !== undefined
  }
}

function canonical(cid: string): { text: string; codec: Cid.Codec; digest: Uint8Array } {
  const parsed = Cid.parse(cid)
  return { text: Cid.toString(parsed), ...parsed }
}

function assertExpected(stored: Stored, expect: Expectation): void {
  if (expect.size !== undefined && stored.size !== expect.size)
    throw new ContentMismatch('size', expect.size, stored.size)
  if (expect.sha256 !== undefined && stored.sha256 !== expect.sha256) {
    throw new ContentMismatch('sha256', expect.sha256, stored.sha256)
  }
  if (expect.cid !== undefined && !Cid.equals(stored.cid, expect.cid))
    throw new ContentMismatch('cid', expect.cid, stored.cid)
}
