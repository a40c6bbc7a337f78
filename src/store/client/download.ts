import { createHash } from 'node:crypto'
import type { Agent } from 'undici'
import { Cid } from '../../core/index.ts'
import * as FilePlan from './FilePlan.ts'
import * as Http from './http.ts'
import type { PartialFile } from './PartialFile.ts'
import { race } from './race.ts'
import { SourceLied, type SourcePool } from './SourcePool.ts'

export type Transfer = {
  pool: SourcePool
  agent: Agent
  signal: AbortSignal
  hedgeMs: number
  windowBytes: number
  parallel: number
  /** Chunk buffers to use again. */
  spare: Buffer[]
}

/** A run of chunks, first to last. */
type Window = { first: number; last: number }

/** Fetches all chunks that the partial file does not have yet; several windows at once, each raced over the sources. */
export async function download(
  transfer: Transfer,
  plan: FilePlan.FilePlan,
  file: PartialFile,
  onProgress: () => void,
): Promise<void> {
  const queue = windowsOf(plan, file, transfer.windowBytes)
  const stop = new AbortController()
  const signal = AbortSignal.any([transfer.signal, stop.signal])
  const worker = async () => {
    for (let window = queue.shift(); window; window = queue.shift()) {
      const { first, last } = window
      await race({ ...transfer, cid: plan.cid, signal }, async (source, raceSignal, onBytes) => {
        const get = {
          agent: transfer.agent,
          source,
          cid: plan.cid,
          signal: AbortSignal.any([raceSignal, signal]),
          onBytes,
        }
        await fetchWindow({ ...get, spare: transfer.spare }, plan, file, { first, last }, onProgress)
      })
    }
  }
  const workers = Array.from({ length: transfer.parallel }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error)
      throw error
    }),
  )
  const results = await Promise.allSettled(workers)
  const failure = results.find((result) => result.status === 'rejected')
  if (failure) throw stop.signal.aborted ? stop.signal.reason : failure.reason
}

/** One block, verified, from whichever source is fastest. */
export async function fetchBlock(transfer: Transfer, cid: string): Promise<Uint8Array> {
  const { digest } = Cid.parse(cid)
  return await race({ ...transfer, cid }, async (source, raceSignal, onBytes) => {
    const signal = AbortSignal.any([raceSignal, transfer.signal])
    const bytes = await Http.getBlock({ agent: transfer.agent, source, cid, signal, onBytes })
    if (!isDigestOf(digest, bytes)) throw new SourceLied(`block ${cid}`)
    source.stats.bytes += bytes.length
    return bytes
  })
}

function windowsOf(plan: FilePlan.FilePlan, file: PartialFile, windowBytes: number): Window[] {
  const windows: Window[] = []
  for (let leaf = 0; leaf < plan.count; leaf++) {
    if (file.isDone(leaf)) continue
    const current = windows.at(-1)
    const isNext = current?.last === leaf - 1 && plan.offsets[leaf + 1]! - plan.offsets[current.first]! <= windowBytes
    if (isNext) current.last = leaf
    else windows.push({ first: leaf, last: leaf })
  }
  return windows
}

type Getting = Http.Get & Pick<Transfer, 'spare'>

async function fetchWindow(
  get: Getting,
  plan: FilePlan.FilePlan,
  file: PartialFile,
  window: Window,
  onProgress: () => void,
): Promise<void> {
  let { first } = window
  while (first <= window.last && file.isDone(first)) first++
  if (first > window.last) return
  const keep = async (leaf: number, bytes: Uint8Array) => {
    if (!FilePlan.matches(plan, leaf, bytes)) throw new SourceLied(`chunk ${leaf} of ${plan.cid}`)
    get.source.stats.bytes += bytes.length
    await file.write(leaf, bytes)
    onProgress()
  }
  if (!get.source.blocksOnly) {
    const body = await Http.getRange(get, plan.offsets[first]!, plan.offsets[window.last + 1]!, plan.size)
    if (body) {
      await readLeaves(body as AsyncIterable<Buffer>, get, plan, { first, last: window.last }, keep)
      return
    }
    get.source.blocksOnly = true
  }
  for (let leaf = first; leaf <= window.last; leaf++)
    if (!file.isDone(leaf)) await keep(leaf, await leafBlock(get, plan, leaf))
}

/** Cuts the body into chunks; one is checked and written while the next comes in. */
async function readLeaves(
  body: AsyncIterable<Buffer>,
  { onBytes, spare }: Getting,
  plan: FilePlan.FilePlan,
  { first, last }: Window,
  keep: (leaf: number, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  let leaf = first
  let filled = 0
  let filling = spare.pop() ?? Buffer.allocUnsafeSlow(FilePlan.maxLeafBytes)
  let written = spare.pop() ?? Buffer.allocUnsafeSlow(FilePlan.maxLeafBytes)
  let writing: Promise<void> | undefined
  try {
    for await (const piece of body) {
      onBytes(piece.length)
      for (let at = 0; at < piece.length && leaf <= last; ) {
        const size = FilePlan.sizeOf(plan, leaf)
        const length = piece.copy(filling, filled, at, at + size - filled)
        at += length
        filled += length
        if (filled < size) continue
        await writing
        writing = keep(leaf++, filling.subarray(0, size))
        writing.catch(() => {})
        const next = written
        written = filling
        filling = next
        filled = 0
      }
    }
  } finally {
    await writing
    spare.push(filling, written)
  }
  if (leaf <= last) throw new Error(`stopped after ${leaf - first} of ${last - first + 1} chunks`)
}

async function leafBlock(get: Http.Get, plan: FilePlan.FilePlan, leaf: number): Promise<Uint8Array> {
  const cid = Cid.toString(Cid.ofRaw(plan.digests.subarray(leaf * 32, leaf * 32 + 32)))
  return await Http.getBlock({ ...get, cid })
}

function isDigestOf(digest: Uint8Array, bytes: Uint8Array): boolean {
  return createHash('sha256').update(bytes).digest().equals(digest)
}
