import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Hex, Manifest, NotFound } from '../core/index.ts'

/** Where a pulled folder keeps what it needs to be checked later without any server. */
export const notesDir = '.dehug'

const note = z.object({
  repo: z.string(),
  root: z.string().regex(/^0x[0-9a-f]{64}$/),
  cid: z.string(),
  chainId: z.int(),
  pulledAt: z.int(),
})

/** Which version a folder holds. */
export type Note = z.infer<typeof note> & { root: Hex }

/** Writes the manifest and the note; both are complete or absent. */
export async function write(folder: string, of: { note: Note; manifest: Manifest.Manifest }): Promise<void> {
  const dir = join(folder, notesDir)
  await mkdir(dir, { recursive: true })
  await replace(join(dir, 'manifest.json'), Manifest.serialize(of.manifest))
  await replace(join(dir, 'version.json'), `${JSON.stringify(of.note, undefined, 2)}\n`)
}

/** Reads both back; undefined where the folder was never pulled. Throws `BadInput` on a damaged manifest. */
export async function read(folder: string): Promise<{ note: Note; manifest: Manifest.Manifest } | undefined> {
  const [text, manifest] = await Promise.all(
    ['version.json', 'manifest.json'].map((name) =>
      readFile(join(folder, notesDir, name), 'utf8').catch(() => undefined),
    ),
  )
  if (text === undefined || manifest === undefined) return undefined
  return { note: note.parse(JSON.parse(text)) as Note, manifest: Manifest.parse(manifest) }
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

/** A folder without our notes cannot be compared with anything. */
export class NotPulled extends NotFound {
  constructor(folder: string) {
    super(`${folder} does not say which version it holds.`, {
      code: 'not_pulled',
      exitCode: 2,
      hint: 'Name the version: dehug verify namespace/name[@root] --folder DIR.',
    })
  }
}
