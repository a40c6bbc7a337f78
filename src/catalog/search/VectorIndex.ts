import { likeness } from './Embedder.ts'

/** A repository and how alike it is, 1 being the same. */
export type Near = { id: string; score: number }

/** Bytes that are compared before others get a turn: some milliseconds. */
const turnBytes = 2 ** 21

/** Vectors of one length in one block of memory, which is gone through as a whole. */
export class VectorIndex {
  readonly #maxRows: number
  readonly #size: number
  readonly #slots = new Map<string, number>()
  readonly #ids: string[] = []
  #block: Int8Array

  /** `size`: numbers of a vector. */
  constructor(size: number, maxBytes: number) {
    this.#size = size
    this.#maxRows = Math.floor(maxBytes / size)
    this.#block = new Int8Array(Math.min(this.#maxRows, 1_024) * size)
  }

  get rows(): number {
    return this.#ids.length
  }

  /** Keeps a vector under an id; false where it is of another length or there is no room. */
  put(id: string, vector: Int8Array): boolean {
    if (vector.length !== this.#size) return false
    const slot = this.#slots.get(id) ?? this.#ids.length
    if (slot === this.#maxRows) return false
    if ((slot + 1) * this.#size > this.#block.length) this.#grow()
    this.#block.set(vector, slot * this.#size)
    this.#slots.set(id, slot)
    this.#ids[slot] = id
    return true
  }

  /** The last one takes its place. */
  delete(id: string): void {
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    const last = this.#ids.length - 1
    const moved = this.#ids[last] as string
    this.#block.copyWithin(slot * this.#size, last * this.#size, (last + 1) * this.#size)
    this.#ids[slot] = moved
    this.#slots.set(moved, slot)
    this.#ids.pop()
    this.#slots.delete(id)
  }

  /** The `most` that are most alike and at least `least`, the best first. */
  async nearest(vector: Int8Array, most: number, least: number): Promise<Near[]> {
    if (vector.length !== this.#size) return []
    let found: Near[] = []
    let bar = least
    const turn = Math.ceil(turnBytes / this.#size)
    for (let slot = 0; slot < this.#ids.length; slot++) {
      if (slot > 0 && slot % turn === 0) await new Promise((next) => setImmediate(next))
      const id = this.#ids[slot]
      if (id === undefined) break
      const score = likeness(vector, this.#block, slot * this.#size)
      if (score < bar) continue
      found.push({ id, score })
      if (found.length < 2 * most) continue
      found = best(found, most)
      bar = found.at(-1)?.score ?? bar
    }
    return best(found, most)
  }

  #grow(): void {
    const wider = new Int8Array(Math.min(this.#maxRows * this.#size, this.#block.length * 2))
    wider.set(this.#block)
    this.#block = wider
  }
}

/** The best first, each once. */
export const best = (found: Near[], most: number): Near[] => {
  const scores = new Map(found.map(({ id, score }) => [id, score]))
  return [...scores]
    .map(([id, score]) => ({ id, score }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1))
    .slice(0, most)
}
