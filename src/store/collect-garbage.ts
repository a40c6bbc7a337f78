import { readdir, readlink, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Cid, UnixFs } from '../core/index.ts'
import { collectXorbs } from './collect-xorbs.ts'
import { hasCode, type Layout } from './Layout.ts'
import * as Pins from './pins.ts'
import type { Sidecar } from './Sidecar.ts'
import { type Garbage, StoreDamaged } from './Store.ts'
import type { StoreLock } from './StoreLock.ts'
import type { Recipe } from './xet/Recipe.ts'
import type { XorbTable } from './xet/XorbTable.ts'

const batchSize = 32

export type Collector = {
  layout: Layout
  lock: StoreLock
  now: () => number
  graceMs: number
  xorbGraceMs: number
  keep: Iterable<string> | AsyncIterable<string>
  readNode: (cid: string) => Promise<Uint8Array | undefined>
  readSidecar: (cid: string) => Promise<Sidecar | undefined>
  readRecipe: (cid: string) => Promise<Recipe | undefined>
  readTable: (xorb: string) => Promise<XorbTable>
  onDeleted: (cid: string) => void
  onXorbDeleted: (xorb: string) => void
}

/**
 * Mark, then delete in small batches under the lock. What is put or pinned while this runs wins: the lock keeps both
 * out during a batch, a fresh time stamp or a new pin is looked for again inside it.
 */
export async function collectGarbage(collector: Collector): Promise<Garbage> {
  const kept = new Set<string>()
  for await (const cid of collector.keep) await mark(collector, Cid.toString(cid), kept, false)
  let pinCount = await Pins.count(collector.layout)
  for (const cid of await Pins.list(collector.layout)) await mark(collector, cid, kept, true)

  const candidates = await candidatesOf(collector, kept)
  const garbage: Garbage = { deleted: [], bytes: 0, unusedBytes: 0 }
  while (candidates.length > 0) {
    const batch = candidates.splice(0, batchSize)
    await collector.lock.run(async () => {
      const count = await Pins.count(collector.layout)
      if (count !== pinCount) {
        for (const cid of await Pins.list(collector.layout)) await mark(collector, cid, kept, true)
        pinCount = count
      }
      for (const { cid, path } of batch) {
        if (!kept.has(cid)) await remove(collector, cid, path, garbage)
        else if (path === collector.layout.file(cid)) await removeCopy(collector, cid, garbage)
      }
    })
  }
  await collectXorbs(collector, garbage)
  return garbage
}

async function mark(collector: Collector, cid: string, kept: Set<string>, isPinned: boolean): Promise<void> {
  if (kept.has(cid)) return
  kept.add(cid)
  if (Cid.parse(cid).codec === 'raw') return
  const bytes = await collector.readNode(cid)
  if (!bytes) {
    const { layout } = collector
    const isFile = (await factsOf(layout.file(cid))) ?? (await factsOf(layout.recipe(cid)))
    if (isFile || !isPinned) return
    throw new StoreDamaged(`The pinned ${cid} is missing, so what it contains is unknown; nothing was deleted.`, cid)
  }
  const node = UnixFs.parseNode(bytes)
  for (const link of node.links) await mark(collector, link.cid, kept, isPinned && Cid.parse(link.cid).codec !== 'raw')
}

type Candidate = { cid: string; path: string }

/** What is old enough and not kept, and whole copies of files that are kept as chunks too. */
async function candidatesOf({ layout, now, graceMs }: Collector, kept: Set<string>): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  const seen = new Set<string>()
  const { files, recipes, nodes, sidecars } = layout.kinds
  for (const kind of [files, recipes, nodes, sidecars]) {
    for (const folder of await readdir(kind)) {
      for (const cid of await readdir(join(kind, folder))) {
        const path = join(kind, folder, cid)
        if (kind === sidecars && seen.has(cid)) continue
        seen.add(cid)
        if (kept.has(cid) && (kind !== files || !(await factsOf(layout.recipe(cid))))) continue
        const facts = await factsOf(path)
        if (facts && facts.mtimeMs < now() - graceMs) candidates.push({ cid, path })
      }
    }
  }
  return candidates
}

/** A sidecar goes with its file; one without a file is what a crash left. */
async function remove(collector: Collector, cid: string, path: string, garbage: Garbage): Promise<void> {
  const { layout, now, graceMs } = collector
  const isFresh = (facts: { mtimeMs: number } | undefined) => facts !== undefined && facts.mtimeMs >= now() - graceMs
  const [facts, file, recipe, sidecar] = await Promise.all(
    [path, layout.file(cid), layout.recipe(cid), layout.sidecar(cid)].map(factsOf),
  )
  if (!facts || [facts, file, recipe, sidecar].some(isFresh)) return
  if ((file || recipe) && path === layout.sidecar(cid)) return
  const known = sidecar && (await collector.readSidecar(cid))
  await unlink(path)
  if (path === layout.sidecar(cid)) return
  garbage.bytes += facts.size
  // Its recipe is a candidate of its own.
  if (recipe && path === layout.file(cid)) return
  garbage.deleted.push(cid)
  if (sidecar) await unlinkIfThere(layout.sidecar(cid))
  if (known && (await readlink(layout.sha256(known.sha256)).catch(() => '')) === cid) {
    await unlinkIfThere(layout.sha256(known.sha256))
  }
  collector.onDeleted(cid)
}

/** A file that is kept as chunks does not need its whole copy. */
async function removeCopy({ layout, now, graceMs }: Collector, cid: string, garbage: Garbage): Promise<void> {
  const [file, recipe] = await Promise.all([layout.file(cid), layout.recipe(cid)].map(factsOf))
  if (!file || !recipe || file.mtimeMs >= now() - graceMs) return
  await unlink(layout.file(cid))
  garbage.bytes += file.size
}

async function factsOf(path: string) {
  return await stat(path).catch(() => undefined)
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error
  })
}
