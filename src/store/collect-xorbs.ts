import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Collector } from './collect-garbage.ts'
import { missing } from './Layout.ts'
import { type Garbage, StoreDamaged } from './Store.ts'
import * as XorbTable from './xet/XorbTable.ts'

const batchSize = 32

/** Chunk ranges that files use, by xorb. */
type Uses = Map<string, { start: number; end: number }[]>

/** Deletes old xorbs that no recipe names, in small batches under the lock; a recipe that comes meanwhile wins. */
export async function collectXorbs(collector: Collector, garbage: Garbage): Promise<void> {
  const { layout, lock, now, xorbGraceMs } = collector
  const seen = new Set<string>()
  const uses: Uses = new Map()
  let logged = await logSize(collector)
  await addUses(collector, seen, uses)
  const unused = (await namesIn(layout.kinds.xorbs)).filter((xorb) => !uses.has(xorb))
  while (unused.length > 0) {
    const batch = unused.splice(0, batchSize)
    await lock.run(async () => {
      const size = await logSize(collector)
      if (size !== logged) await addUses(collector, seen, uses)
      logged = size
      for (const xorb of batch) {
        const facts = uses.has(xorb) ? undefined : await stat(layout.xorb(xorb)).catch(missing)
        if (!facts || facts.mtimeMs >= now() - xorbGraceMs) continue
        await unlink(layout.xorb(xorb))
        garbage.bytes += facts.size
        collector.onXorbDeleted(xorb)
      }
    })
  }
  for (const [xorb, ranges] of uses) garbage.unusedBytes += await unusedBytes(collector, xorb, ranges)
}

/** Reads the recipes that were not seen yet. */
async function addUses({ layout, readRecipe }: Collector, seen: Set<string>, uses: Uses): Promise<void> {
  for (const cid of await namesIn(layout.kinds.recipes)) {
    if (seen.has(cid)) continue
    const recipe = await readRecipe(cid)
    const isThere = recipe ?? (await stat(layout.recipe(cid)).catch(missing))
    if (!recipe && isThere) {
      throw new StoreDamaged(`The recipe of ${cid} is damaged, so what it needs is unknown; no xorb was deleted.`, cid)
    }
    seen.add(cid)
    for (const { xorb, start, end } of recipe?.terms ?? []) {
      const ranges = uses.get(xorb) ?? []
      const last = ranges.at(-1)
      if (last && start >= last.start && start <= last.end) last.end = Math.max(last.end, end)
      else ranges.push({ start, end })
      uses.set(xorb, ranges)
    }
  }
}

/** Bytes of records that no range covers; zero for a xorb that cannot be read. */
async function unusedBytes({ readTable }: Collector, xorb: string, ranges: { start: number; end: number }[]) {
  const table = await readTable(xorb).catch(() => undefined)
  if (!table) return 0
  let covered = 0
  let unused = 0
  for (const { start, end } of ranges.sort((a, b) => a.start - b.start)) {
    if (start > covered) unused += XorbTable.recordStart(table, start) - XorbTable.recordStart(table, covered)
    covered = Math.max(covered, end)
  }
  return unused + XorbTable.recordsBytes(table) - XorbTable.recordStart(table, covered)
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await Promise.all((await readdir(folder)).map((part) => readdir(join(folder, part))))
  return names.flat()
}

async function logSize({ layout }: Collector): Promise<number> {
  return (await stat(layout.recipeLog).catch(missing))?.size ?? 0
}
