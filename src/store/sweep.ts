import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Layout, missing } from './Layout.ts'
import * as ProcessIdentity from './ProcessIdentity.ts'

const foreignAfterMs = 24 * 3_600_000
const unnamedAfterMs = 3_600_000

/** Removes the temporary files and lock owners of processes that no longer run; a living one's are left alone. */
export async function sweep(layout: Layout, now: number): Promise<void> {
  for (const folder of [layout.temporary, layout.locks]) {
    for (const name of (await readdir(folder).catch(missing)) ?? []) {
      if (folder === layout.locks && !name.endsWith('.owner')) continue
      if (await isAbandoned(join(folder, name), name, now))
        await rm(join(folder, name), { recursive: true, force: true })
    }
  }
}

async function isAbandoned(path: string, name: string, now: number): Promise<boolean> {
  const identity = ProcessIdentity.parse(name)
  const alive = identity && ProcessIdentity.isAlive(identity)
  if (alive !== undefined) return !alive
  const facts = await stat(path).catch(missing)
  return facts !== undefined && now - facts.mtimeMs > (identity ? foreignAfterMs : unnamedAfterMs)
}
