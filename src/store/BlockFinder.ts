import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { Cid } from '../core/index.ts'
import { type Layout, missing, readFully } from './Layout.ts'
import { LeafIndex, type Place } from './LeafIndex.ts'
import * as Sidecar from './Sidecar.ts'
import type { ComposedFiles } from './xet/ComposedFiles.ts'

const cachedSidecars = 256
const parallelReads = 16

/**
 * Finds any block of any file. Small files and directory nodes are found by name; chunks and nodes of larger files
 * through an index that is built at the first need and follows what other processes add.
 */
export class BlockFinder {
  readonly #layout: Layout
  readonly #composed: ComposedFiles
  readonly #sidecars = new LRUCache<string, Sidecar.Sidecar>({ max: cachedSidecars })
  readonly #index = new LeafIndex()
  #journal: { inode: number; offset: number } | undefined
  #refreshing: Promise<void> | undefined

  constructor(layout: Layout, composed: ComposedFiles) {
    this.#layout = layout
    this.#composed = composed
  }

  /** The sidecar of a file of more than one chunk; undefined for all else. */
  async sidecar(cid: string): Promise<Sidecar.Sidecar | undefined> {
    const cached = this.#sidecars.get(cid)
    if (cached) return cached
    const sidecar = await this.#readSidecar(cid)
    if (sidecar) this.#sidecars.set(cid, sidecar)
    return sidecar
  }

  /** The bytes of a block, or undefined. */
  async find(cid: Cid.Cid): Promise<Uint8Array | undefined> {
    const text = Cid.toString(cid)
    if (cid.codec === 'raw') {
      const whole = await readFile(this.#layout.file(text)).catch(missing)
      if (whole) return whole
      const recipe = await this.#composed.recipe(text)
      if (recipe) return await this.#composed.readPart(text, { offset: 0, length: recipe.size })
    } else {
      const node = await readFile(this.#layout.node(text)).catch(missing)
      if (node) return node
      const sidecar = (await this.#hasFile(text)) && (await this.sidecar(text))
      if (sidecar) return await this.#readNode(sidecar, sidecar.nodeLengths.length - 1)
    }
    return (await this.#findIndexed(cid)) ?? ((await this.#refresh()) ? await this.#findIndexed(cid) : undefined)
  }

  /** The files that hold a block. */
  async owners(cid: Cid.Cid): Promise<string[]> {
    await this.#refresh()
    const text = Cid.toString(cid)
    const owners = new Set((await this.#hasFile(text)) ? [text] : [])
    for (const { sidecar, position } of this.#index.find(cid.digest)) {
      if (position < sidecar.leafCount === (cid.codec === 'raw') && (await this.#hasFile(sidecar.cid)))
        owners.add(sidecar.cid)
    }
    return [...owners]
  }

  /** The file was deleted. */
  forget(cid: string): void {
    this.#sidecars.delete(cid)
    this.#index.remove(cid)
  }

  async #findIndexed(cid: Cid.Cid): Promise<Uint8Array | undefined> {
    for (const place of this.#index.find(cid.digest)) {
      const bytes = await this.#readPlace(place, cid.codec)
      if (bytes) return bytes
    }
    return undefined
  }

  async #readPlace({ sidecar, position }: Place, codec: Cid.Codec): Promise<Uint8Array | undefined> {
    const isLeaf = position < sidecar.leafCount
    if (isLeaf !== (codec === 'raw')) return undefined
    if (!(await this.#hasFile(sidecar.cid))) {
      this.forget(sidecar.cid)
      return undefined
    }
    if (!isLeaf) return await this.#readNode(sidecar, position - sidecar.leafCount)
    const range = Sidecar.leafRange(sidecar, position)
    return (
      (await readPart(this.#layout.file(sidecar.cid), range)) ?? (await this.#composed.readPart(sidecar.cid, range))
    )
  }

  async #readNode(sidecar: Sidecar.Sidecar, node: number): Promise<Uint8Array | undefined> {
    return await readPart(this.#layout.sidecar(sidecar.cid), Sidecar.nodeRange(sidecar, node))
  }

  async #hasFile(cid: string): Promise<boolean> {
    return (await stat(this.#layout.file(cid)).catch(missing)) !== undefined || (await this.#composed.has(cid))
  }

  async #readSidecar(cid: string): Promise<Sidecar.Sidecar | undefined> {
    const file = await readFile(this.#layout.sidecar(cid)).catch(missing)
    const sidecar = file && Sidecar.decode(file)
    return sidecar?.cid === cid ? sidecar : undefined
  }

  /** True when the index may know more than before. */
  async #refresh(): Promise<boolean> {
    if (this.#refreshing) {
      await this.#refreshing
      return true
    }
    const facts = await stat(this.#layout.journal).catch(missing)
    const now = { inode: facts?.ino ?? 0, offset: facts?.size ?? 0 }
    const known = this.#journal
    if (known && known.inode === now.inode && known.offset === now.offset) return false
    const isContinued = known && (known.inode === now.inode || known.offset === 0) && now.offset > known.offset
    this.#refreshing ??= (async () => {
      const cids = isContinued ? await this.#appended(known.offset, now.offset) : await this.#allSidecars()
      await this.#load(cids)
      this.#journal = now
    })().finally(() => {
      this.#refreshing = undefined
    })
    await this.#refreshing
    return true
  }

  async #appended(from: number, to: number): Promise<string[]> {
    const bytes = await readPart(this.#layout.journal, { offset: from, length: to - from })
    return Buffer.from(bytes ?? [])
      .toString()
      .split('\n')
      .filter(Boolean)
  }

  async #allSidecars(): Promise<string[]> {
    const folders = await readdir(this.#layout.kinds.sidecars)
    const names = await Promise.all(folders.map((folder) => readdir(join(this.#layout.kinds.sidecars, folder))))
    return names.flat()
  }

  async #load(cids: string[]): Promise<void> {
    const left = cids.filter((cid) => !this.#index.has(cid))
    const reader = async () => {
      for (let cid = left.pop(); cid !== undefined; cid = left.pop()) {
        const sidecar = this.#sidecars.get(cid) ?? (await this.#readSidecar(cid))
        if (sidecar && (await this.#hasFile(cid))) this.#index.add(sidecar)
      }
    }
    await Promise.all(Array.from({ length: parallelReads }, reader))
  }
}

async function readPart(
  path: string,
  { offset, length }: { offset: number; length: number },
): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch(missing)
  if (!file) return undefined
  try {
    const bytes = Buffer.allocUnsafeSlow(length)
    return (await readFully(file, bytes, offset)) === length ? bytes : undefined
  } finally {
    await file.close()
  }
}
