import { ComposedReader, type Range } from './ComposedReader.ts'
import { oneAhead } from './one-ahead.ts'
import type { Term } from './Recipe.ts'
import type { XorbStore } from './XorbStore.ts'

const pieceBytes = 2 ** 20

/** Bytes of the file that the terms make, about a MiB at a time, one piece read ahead. */
export async function* readComposed(xorbs: XorbStore, terms: Term[], range: Range): AsyncGenerator<Buffer> {
  const reader = new ComposedReader(xorbs, terms, range)
  try {
    yield* oneAhead(piecesOf(reader))
  } finally {
    await reader.close()
  }
}

async function* piecesOf(reader: ComposedReader): AsyncGenerator<Buffer> {
  while (reader.left > 0) {
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, reader.left))
    await reader.fill(piece)
    yield piece
  }
}
