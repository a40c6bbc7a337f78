import type { Term } from './Recipe.ts'
import { type Header, headerAt, unpack } from './records.mjs'
import { type OpenXorb, type Run, readRecords, runs, type XorbStore } from './XorbStore.ts'
import * as XorbTable from './XorbTable.ts'

const openAtOnce = 4

/** Bytes `start` to `end` (exclusive) of a file. */
export type Range = { start: number; end: number }

type Record = { at: number; header: Header }

/** Reads a range of the file that terms make, in order, into memory of the caller. Close it at the end. */
export class ComposedReader {
  readonly #opened: ReturnType<typeof openXorbs>
  readonly #runs: AsyncGenerator<{ xorb: OpenXorb; run: Run }>
  /** Bytes before the range in the first chunk. */
  #skip = 0
  #left: number
  #packed = Buffer.alloc(0)
  #records: Record[] = []
  /** What did not fit of the last chunk. */
  #rest = Buffer.alloc(0)

  constructor(xorbs: XorbStore, terms: Term[], range: Range) {
    this.#opened = openXorbs(xorbs)
    this.#left = range.end - range.start
    this.#runs = this.#runsOf(terms, range)
  }

  /** Bytes of the range that are still to come. */
  get left(): number {
    return this.#left
  }

  /** Fills `into`, or less where the range ends; returns the number of bytes. Throws `StoreDamaged`. */
  async fill(into: Uint8Array): Promise<number> {
    const length = Math.min(into.length, this.#left)
    let filled = 0
    while (filled < length) {
      if (this.#rest.length === 0) {
        if (this.#records.length === 0) await this.#readRun()
        filled += this.#unpackInto(into, filled, length)
      }
      const part = this.#rest.subarray(0, length - filled)
      into.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    this.#left -= filled
    return filled
  }

  async close(): Promise<void> {
    await this.#opened.close()
  }

  /** Whole chunks go where they belong; the one that is cut becomes the rest. */
  #unpackInto(into: Uint8Array, from: number, end: number): number {
    let to = from
    for (const [i, { at, header }] of this.#records.entries()) {
      if (to === end) {
        this.#records = this.#records.slice(i)
        return to - from
      }
      if (this.#skip > 0 || header.size > end - to) {
        const chunk = Buffer.allocUnsafe(header.size)
        unpack(this.#packed, at, header, chunk, 0)
        this.#rest = chunk.subarray(this.#skip)
        this.#skip = 0
        this.#records = this.#records.slice(i + 1)
        return to - from
      }
      unpack(this.#packed, at, header, into, to)
      to += header.size
    }
    this.#records = []
    return to - from
  }

  async #readRun(): Promise<void> {
    const { value, done } = await this.#runs.next()
    if (done) throw new RangeError('The terms end before the range does.')
    const bytes = XorbTable.bytesOf(value.xorb.table, value.run)
    if (this.#packed.length < bytes) this.#packed = Buffer.allocUnsafeSlow(bytes)
    this.#records = headersOf(await readRecords(value.xorb, value.run, this.#packed.subarray(0, bytes)))
  }

  async *#runsOf(terms: Term[], { start, end }: Range): AsyncGenerator<{ xorb: OpenXorb; run: Run }> {
    const ends = endsOf(terms)
    for (let i = firstAfter(ends, start); i < terms.length; i++) {
      const term = terms[i]!
      const from = ends[i]! - term.size
      if (from >= end) return
      const xorb = await this.#opened.get(term.xorb)
      const { chunkEnds } = xorb.table
      /** What a place in the file is in the unpacked xorb. */
      const shift = XorbTable.chunkStart(xorb.table, term.start) - from
      const first = Math.max(term.start, firstAfter(chunkEnds, start + shift))
      const last = Math.min(term.end - 1, firstAfter(chunkEnds, end - 1 + shift))
      if (from <= start) this.#skip = start + shift - XorbTable.chunkStart(xorb.table, first)
      for (const run of runs(xorb.table, first, last + 1)) yield { xorb, run }
    }
  }
}

const knownEnds = new WeakMap<Term[], Float64Array>()

/** Where each term ends in the file; computed once for a recipe. */
function endsOf(terms: Term[]): Float64Array {
  const known = knownEnds.get(terms)
  if (known) return known
  let at = 0
  const ends = Float64Array.from(terms, ({ size }) => {
    at += size
    return at
  })
  knownEnds.set(terms, ends)
  return ends
}

/** The first of what ends in this order that ends after `position`. */
function firstAfter(ends: Float64Array | Uint32Array, position: number): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]! > position) high = middle
    else low = middle + 1
  }
  return low
}

function headersOf(records: Buffer): Record[] {
  const headers: Record[] = []
  for (let at = 0; at < records.length; ) {
    const header = headerAt(records, at)
    if (!header) break
    headers.push({ at, header })
    at += header.length
  }
  return headers
}

/** The last few xorbs stay open, because files go back and forth between them. */
function openXorbs(xorbs: XorbStore) {
  const open = new Map<string, OpenXorb>()
  return {
    async get(hash: string): Promise<OpenXorb> {
      const known = open.get(hash)
      if (known) return known
      const [oldest] = open.size >= openAtOnce ? open.values() : []
      if (oldest) {
        open.delete(oldest.hash)
        await oldest.file.close()
      }
      const xorb = await xorbs.open(hash)
      open.set(hash, xorb)
      return xorb
    },
    async close(): Promise<void> {
      for (const { file } of open.values()) await file.close()
      open.clear()
    },
  }
}
