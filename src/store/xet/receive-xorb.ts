import type { FileHandle } from 'node:fs/promises'
import { UnixFs, XetHash } from '../../core/index.ts'
import type { HashPool } from '../HashPool.ts'
import { writeFully } from '../Layout.ts'
import * as SyncAhead from '../SyncAhead.ts'
import { headerAt, headerBytes } from './records.mjs'
import { BadXorb, leaves, maxChunks, maxXorbBytes, type XorbTable } from './XorbTable.ts'

/** What a body may be longer than the chunks in it: headers, chunks that do not pack, a client's own footer. */
const slackBytes = 4 * 2 ** 20

export type Receiving = { pool: HashPool; to: FileHandle; signal?: AbortSignal | undefined }

/**
 * Writes the records of a xorb while threads unpack and hash them, about a MiB at a time, and checks that they make up
 * the xorb `hash`. Throws {@link BadXorb}.
 */
export async function receiveXorb(
  hash: string,
  source: AsyncIterable<Uint8Array>,
  { pool, to, signal }: Receiving,
): Promise<XorbTable> {
  const recorder = recorderOf(pool, to)
  try {
    const splitter = splitterOf(recorder.group)
    let received = 0
    for await (const piece of source) {
      signal?.throwIfAborted()
      received += piece.length
      if (received > maxXorbBytes + slackBytes) throw new BadXorb(`it is longer than ${maxXorbBytes} bytes`)
      await splitter.push(piece)
    }
    await splitter.end()
    const table = await recorder.finish()
    const found = XetHash.format(XetHash.ofXorb(leaves(table, 0, table.checks.length)))
    if (found !== hash) throw new BadXorb(`its hash is ${found}, not ${hash}`)
    return table
  } catch (error) {
    await recorder.cancel()
    throw error
  }
}

type Group = { bytes: Uint8Array; sizes: number[]; lengths: number[] }

/** Cuts a body into groups of whole records that each fit into a slot. */
function splitterOf(onGroup: (group: Group) => Promise<void>) {
  const buffer = Buffer.allocUnsafeSlow(UnixFs.chunkSize)
  let filled = 0
  let parsed = 0
  let isFooter = false
  let sizes: number[] = []
  let lengths: number[] = []

  const flush = async () => {
    if (parsed > 0) await onGroup({ bytes: buffer.subarray(0, parsed), sizes, lengths })
    buffer.copyWithin(0, parsed, filled)
    filled -= parsed
    parsed = 0
    sizes = []
    lengths = []
  }
  const parse = () => {
    while (!isFooter && filled - parsed >= headerBytes) {
      const header = readHeader(buffer, parsed)
      isFooter = header === undefined
      if (!header || header.length > filled - parsed) return
      sizes.push(header.size)
      lengths.push(header.length)
      parsed += header.length
    }
  }
  return {
    async push(piece: Uint8Array): Promise<void> {
      for (let at = 0; at < piece.length && !isFooter; ) {
        const part = piece.subarray(at, at + buffer.length - filled)
        buffer.set(part, filled)
        filled += part.length
        at += part.length
        parse()
        if (filled === buffer.length) await flush()
      }
    },
    async end(): Promise<void> {
      await flush()
      if (filled > 0 && !isFooter) throw new BadXorb('it ends in the middle of a chunk')
    },
  }
}

function readHeader(bytes: Uint8Array, at: number) {
  try {
    return headerAt(bytes, at)
  } catch (error) {
    throw new BadXorb((error as Error).message)
  }
}

/** Groups go in; each is written and hashed at the same time, and its slot is free again after that. */
function recorderOf(pool: HashPool, to: FileHandle) {
  const hashed: Promise<Uint8Array>[] = []
  const steps = new Set<Promise<unknown>>()
  const ahead = SyncAhead.of(to)
  const recordEnds: number[] = []
  const chunkEnds: number[] = []
  let written = 0
  let failed: { error: unknown } | undefined

  const append = (ends: number[], lengths: number[]) => {
    for (const length of lengths) ends.push((ends.at(-1) ?? 0) + length)
  }
  return {
    async group({ bytes, sizes, lengths }: Group): Promise<void> {
      if (failed) throw failed.error
      append(recordEnds, lengths)
      append(chunkEnds, sizes)
      if (chunkEnds.length > maxChunks) throw new BadXorb(`it has more than ${maxChunks} chunks`)
      if (chunkEnds.at(-1)! > maxXorbBytes) throw new BadXorb(`it holds more than ${maxXorbBytes} bytes`)
      const slot = await pool.acquire()
      slot.bytes.set(bytes)
      const rows = pool.records(slot, bytes.length)
      hashed.push(rows)
      const step: Promise<unknown> = Promise.allSettled([
        rows,
        writeFully(to, slot.bytes.subarray(0, bytes.length), written),
      ]).then((all) => {
        pool.release(slot)
        for (const one of all) if (one.status === 'rejected') failed ??= { error: one.reason }
        ahead.wrote(bytes.length)
        steps.delete(step)
      })
      steps.add(step)
      written += bytes.length
    },
    async finish(): Promise<XorbTable> {
      await Promise.all(steps)
      if (failed) throw failed.error
      await ahead.rest()
      const rows = Buffer.concat(await Promise.all(hashed))
      const count = chunkEnds.length
      const hashes = Buffer.alloc(count * 32)
      const checks = new Uint32Array(count)
      for (let i = 0; i < count; i++) {
        rows.copy(hashes, i * 32, i * 36, i * 36 + 32)
        checks[i] = rows.readUInt32LE(i * 36 + 32)
      }
      return { hashes, checks, recordEnds: Uint32Array.from(recordEnds), chunkEnds: Uint32Array.from(chunkEnds) }
    },
    async cancel(): Promise<void> {
      await Promise.all(steps)
      await Promise.allSettled([...hashed, ahead.rest()])
    },
  }
}
