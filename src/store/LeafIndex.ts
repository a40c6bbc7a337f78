import type { Sidecar } from './Sidecar.ts'

/** Where a block's digest was seen: in this file's sidecar, at this position (chunks first, then nodes). */
export type Place = { sidecar: Sidecar; position: number }

const initialCapacity = 1 << 12

/**
 * Digest → place, for the chunks and nodes of all files of more than one chunk. It takes about 48 bytes a chunk:
 * the digests as they are in the sidecars, and an open-addressed table of {file, position}.
 */
export class LeafIndex {
  readonly #files: (Sidecar | undefined)[] = []
  readonly #numbers = new Map<string, number>()
  #table = new Uint32Array(initialCapacity * 2)
  #used = 0

  has(cid: string): boolean {
    return this.#numbers.has(cid)
  }

  add(sidecar: Sidecar): void {
    if (this.has(sidecar.cid)) return
    const file = this.#files.push(sidecar) - 1
    this.#numbers.set(sidecar.cid, file)
    this.#reserve(sidecar.digests.length / 32)
    this.#insertAll(file, sidecar)
  }

  /** The file is gone; its places are no longer returned. */
  remove(cid: string): void {
    const file = this.#numbers.get(cid)
    if (file === undefined) return
    this.#files[file] = undefined
    this.#numbers.delete(cid)
  }

  /** All files that hold a block with this digest, once each. */
  find(digest: Uint8Array): Place[] {
    const wanted = Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength)
    const places: Place[] = []
    const mask = this.#table.length / 2 - 1
    for (let at = wanted.readUInt32BE(0) & mask; this.#table[at * 2] !== 0; at = (at + 1) & mask) {
      const sidecar = this.#files[this.#table[at * 2]! - 1]
      const position = this.#table[at * 2 + 1]!
      if (sidecar && digestAt(sidecar, position).equals(wanted)) places.push({ sidecar, position })
    }
    return places
  }

  #insertAll(file: number, sidecar: Sidecar): void {
    for (let position = 0; position < sidecar.digests.length / 32; position++) this.#insert(file, sidecar, position)
  }

  #insert(file: number, sidecar: Sidecar, position: number): void {
    const digest = digestAt(sidecar, position)
    const mask = this.#table.length / 2 - 1
    let at = digest.readUInt32BE(0) & mask
    for (; this.#table[at * 2] !== 0; at = (at + 1) & mask) {
      const repeated = this.#table[at * 2] === file + 1 && digestAt(sidecar, this.#table[at * 2 + 1]!).equals(digest)
      if (repeated) return
    }
    this.#table[at * 2] = file + 1
    this.#table[at * 2 + 1] = position
    this.#used++
  }

  #reserve(more: number): void {
    let capacity = this.#table.length / 2
    if ((this.#used + more) * 2 <= capacity) return
    while ((this.#used + more) * 2 > capacity) capacity *= 2
    this.#table = new Uint32Array(capacity * 2)
    this.#used = 0
    this.#files.forEach((sidecar, file) => {
      if (sidecar && file < this.#files.length - 1) this.#insertAll(file, sidecar)
    })
  }
}

function digestAt(sidecar: Sidecar, position: number): Buffer {
  return sidecar.digests.subarray(position * 32, position * 32 + 32)
}
