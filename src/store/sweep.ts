import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Layout, missing } from './Layout.ts'
import * as ProcessIdentity from './ProcessIdentity.ts'

const foreignAfterMs = 24 * 3_600_000
const unnamedAfterMs = 3_600_000
const partialAfterMs = 7 * 24 * 3_600_000

/** Removes the temporary files and lock owners of processes that no longer run; a living one's are left alone. */
export async function sweep(layout: Layout, now: number): Promise<void> {
  for (const folder of [layout.temporary, layout.locks]) {
    for (const name of (await readdir(folder).catch(missing)) ?? []) {
      if (folder === layout.locks && !name.endsWith('.owner')) continue
      if (await isAbandoned(join(folder, name), name, now))
        await rm(join(folder, name), { recursive: true, force: true })
    }
  }
  await sweepPartial(layout.partial, now)
}

/** Unfinished downloads are kept for a week, to go on; second ones beside a first only as long as their process lives. */
async function sweepPartial(folder: string, now: number): Promise<void> {
  const names = new Set(await readdir(folder))
  for (const name of names) {
    if (/\.(state|owner)$/.test(name)) continue
    const owner = ProcessIdentity.parse((await readFile(join(folder, `${name}.owner`), 'utf8').catch(missing)) ?? '')
    if (owner && ProcessIdentity.isAlive(owner) !== false) continue
    const facts = await stat(join(folder, name)).catch(missing)
    const isSecond = /-[0-9a-f]{12}$/.test(name)
    if (!facts || (!isSecond && now - facts.mtimeMs < partialAfterMs)) continue
    for (const one of [name, `${name}.state`, `${name}.owner`]) await rm(join(folder, one), { force: true })
  }
}

async function isAbandoned(path: string, name: string, now: number): Promise<boolean> {
  const identity = ProcessIdentity.parse(name)
  const alive = identity && ProcessIdentity.isAlive(identity)
  if (alive !== undefined) return !alive
  const facts = await stat(path).catch(missing)
  return facts !== undefined && now - facts.mtimeMs > (identity ? foreignAfterMs : unnamedAfterMs)
}
