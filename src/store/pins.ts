import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, type Layout, syncFolder } from './Layout.ts'

/** A pin is an empty file named by the CID, in a folder named by the ref; so both survive a crash and need no lock to read. */
export async function add(layout: Layout, cid: string, ref: string): Promise<void> {
  const folder = layout.pin(ref)
  const made = await mkdir(folder, { recursive: true })
  const file = await open(join(folder, cid), 'a')
  await file.close()
  await syncFolder(folder)
  if (made) await syncFolder(layout.pins)
  await appendFile(layout.pinCount, '.')
}

export async function removeAll(layout: Layout, ref: string): Promise<void> {
  const away = join(layout.temporary, `unpinned-${randomBytes(8).toString('hex')}`)
  try {
    await rename(layout.pin(ref), away)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  await syncFolder(layout.pins)
  await rm(away, { recursive: true })
}

/** Every pinned CID. */
export async function list(layout: Layout): Promise<Set<string>> {
  const cids = new Set<string>()
  for (const ref of await readdir(layout.pins)) {
    const pinned = await readdir(join(layout.pins, ref)).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return []
      throw error
    })
    for (const cid of pinned) cids.add(cid)
  }
  return cids
}

/** Changes whenever something was pinned. */
export async function count(layout: Layout): Promise<number> {
  return await stat(layout.pinCount).then(
    (facts) => facts.size,
    () => 0,
  )
}
