import { Readable } from 'node:stream'
import { type ByteRange, RangeOutside } from '../Store.ts'
import { oneAhead } from './one-ahead.ts'
import { readRecords, runs, type XorbStore } from './XorbStore.ts'
import * as XorbTable from './XorbTable.ts'

/** Bytes of a xorb's records as they are kept; each record they touch is checked while it is read. */
export async function openRecords(xorbs: XorbStore, hash: string, range: ByteRange): Promise<Readable> {
  const size = XorbTable.recordsBytes(await xorbs.table(hash))
  const { start = 0, end = size } = range
  if (!(start >= 0 && start <= end && end <= size)) throw new RangeOutside(start, end, size)
  return Readable.from(oneAhead(piecesOf(xorbs, hash, start, end)), { objectMode: false })
}

async function* piecesOf(xorbs: XorbStore, hash: string, start: number, end: number): AsyncGenerator<Buffer> {
  if (start === end) return
  const xorb = await xorbs.open(hash)
  try {
    const first = xorb.table.recordEnds.findIndex((recordEnd) => recordEnd > start)
    const last = xorb.table.recordEnds.findIndex((recordEnd) => recordEnd >= end)
    for (const run of runs(xorb.table, first, last + 1)) {
      const from = XorbTable.recordStart(xorb.table, run.start)
      const bytes = await readRecords(xorb, run)
      yield bytes.subarray(Math.max(0, start - from), Math.min(bytes.length, end - from))
    }
  } finally {
    await xorb.file.close()
  }
}
