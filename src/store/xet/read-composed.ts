import type { Term } from './Recipe.ts'
import { type Header, headerAt, headerBytes, unpack } from './records.mjs'
import { type OpenXorb, type Run, readRecords, runs, type XorbStore } from './XorbStore.ts'
import * as XorbTable from './XorbTable.ts'

const openAtOnce = 4

/** Bytes `start` to `end` (exclusive) of the file that the terms make, about a MiB at a time, one piece read ahead. */
export async function* readComposed(
  xorbs: XorbStore,
  terms: Term[],
  { start, end }: { start: number; end: number },
): AsyncGenerator<Buffer> {
  const opened = openXorbs(xorbs)
  const pieces = piecesOf(opened, terms, start, end)
  let ahead = pieces.next()
  try {
    for (;;) {
      const { done, value } = await ahead
      if (done) return
      ahead = pieces.next()
      ahead.catch(() => {})
      yield value
    }
  } finally {
    await ahead.catch(() => {})
    await opened.close()
  }
}

async function* piecesOf(
  opened: ReturnType<typeof openXorbs>,
  terms: Term[],
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const ends = endsOf(terms)
  for (let i = firstAfter(ends, start); i < terms.length; i++) {
    const term = terms[i]!
    const from = ends[i]! - term.size
    if (from >= end) return
    const xorb = await opened.get(term.xorb)
    const base = XorbTable.chunkStart(xorb.table, term.start)
    for (const run of runs(xorb.table, term.start, term.end)) {
      const runFrom = from + XorbTable.chunkStart(xorb.table, run.start) - base
      const runTo = from + xorb.table.chunkEnds[run.end - 1]! - base
      if (runTo <= start) continue
      if (runFrom >= end) return
      const bytes = await unpackRun(xorb, run)
      yield bytes.subarray(Math.max(0, start - runFrom), Math.min(bytes.length, end - runFrom))
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

/** The first term that ends after `position`. */
function firstAfter(ends: Float64Array, position: number): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]! > position) high = middle
    else low = middle + 1
  }
  return low
}

/** The chunks of a run, one after the other. */
async function unpackRun(xorb: OpenXorb, run: Run): Promise<Buffer> {
  const records = await readRecords(xorb, run)
  const size = xorb.table.chunkEnds[run.end - 1]! - XorbTable.chunkStart(xorb.table, run.start)
  const headers = headersOf(records)
  // Chunks that are not packed move together over their headers in place.
  const isPlain = headers.every(({ header }) => header.scheme === 0)
  const into = isPlain ? records : Buffer.allocUnsafeSlow(size)
  let to = 0
  for (const { at, header } of headers) {
    if (isPlain) records.copyWithin(to, at + headerBytes, at + header.length)
    else unpack(records, at, header, into, to)
    to += header.size
  }
  return into.subarray(0, size)
}

function headersOf(records: Buffer): { at: number; header: Header }[] {
  const headers: { at: number; header: Header }[] = []
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
