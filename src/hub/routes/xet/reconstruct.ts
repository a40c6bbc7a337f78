import type { Recipe, Xorbs, XorbTable } from '../../../store/index.ts'
import type { XetWire } from '../../../wire/index.ts'

/** The terms that hold bytes of a file, and for each of their xorbs the chunks and the bytes of records to fetch. */
export type Reconstruction = {
  offset: number
  terms: XetWire.Term[]
  fetches: Map<string, { chunks: XetWire.Range; bytes: XetWire.Range }[]>
}

type Part = { xorb: string; table: XorbTable; start: number; end: number; size: number }

/** What a client needs for bytes `start` to `end` (exclusive) of a file: whole chunks around them. */
export const reconstruct = async (
  xorbs: Xorbs,
  { terms }: Recipe,
  { start, end }: { start: number; end: number },
): Promise<Reconstruction> => {
  const parts: Part[] = []
  let offset = 0
  let at = 0
  for (const term of terms) {
    const from = at
    at += term.size
    if (at <= start || from >= end) continue
    const table = await xorbs.table(term.xorb)
    const base = chunkStart(table, term.start) - from
    let first = term.start
    while (table.chunkEnds[first]! - base <= start) first++
    let last = term.end
    while (chunkStart(table, last - 1) - base >= end) last--
    if (parts.length === 0) offset = start - (chunkStart(table, first) - base)
    const size = table.chunkEnds[last - 1]! - chunkStart(table, first)
    parts.push({ xorb: term.xorb, table, start: first, end: last, size })
  }
  return {
    offset,
    terms: parts.map(({ xorb, start, end, size }) => ({ hash: xorb, unpacked_length: size, range: { start, end } })),
    fetches: fetchesOf(parts),
  }
}

const chunkStart = (table: XorbTable, chunk: number): number => (chunk === 0 ? 0 : table.chunkEnds[chunk - 1]!)

/** Ranges that touch become one; nothing between them is ever added. */
const fetchesOf = (parts: Part[]): Reconstruction['fetches'] => {
  const byXorb = new Map<string, Part[]>()
  for (const part of parts) {
    const known = byXorb.get(part.xorb)
    if (known) known.push(part)
    else byXorb.set(part.xorb, [part])
  }
  const fetches: Reconstruction['fetches'] = new Map()
  for (const [xorb, uses] of byXorb) {
    const merged: XetWire.Range[] = []
    for (const { start, end } of uses.sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1)
      if (last && start <= last.end) last.end = Math.max(last.end, end)
      else merged.push({ start, end })
    }
    const { recordEnds } = uses[0]!.table
    const bytesOf = ({ start, end }: XetWire.Range) => ({
      start: start === 0 ? 0 : recordEnds[start - 1]!,
      end: recordEnds[end - 1]! - 1,
    })
    fetches.set(
      xorb,
      merged.map((chunks) => ({ chunks, bytes: bytesOf(chunks) })),
    )
  }
  return fetches
}
