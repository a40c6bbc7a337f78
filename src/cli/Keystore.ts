import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { BadInput, NotPermitted } from '../core/index.ts'

const schema = z.object({
  privateKey: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .optional(),
  /** By origin of the hub. */
  tokens: z.record(z.string(), z.string()).default({}),
  /** What renews tokens that end, by origin of the hub; `expiresAt` is Unix time in ms. */
  renewals: z.record(z.string(), z.object({ refreshToken: z.string(), expiresAt: z.number() })).default({}),
  /** Inference keys by origin of the gateway. */
  apiKeys: z.record(z.string(), z.string()).default({}),
})

/** What `dehug login` and `dehug channel fund` remember, in one file that only its owner may read. */
export type Keys = z.infer<typeof schema>

export const pathIn = (home: string): string => join(home, 'keys', 'me.json')

/** Reads the file; nothing there is an empty keystore. Throws {@link KeysReadableByOthers} and `BadInput`. */
export async function read(home: string): Promise<Keys> {
  const path = pathIn(home)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return { tokens: {}, renewals: {}, apiKeys: {} }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) throw new KeysReadableByOthers(path)
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new BadInput(`${path} is not a readable key file.`, {
      code: 'bad_key_file',
      hint: 'Move it away and run `dehug login` again.',
      cause,
    })
  }
}

/** Changes the file in one step; it and its folder are readable by their owner only. */
export async function update(home: string, change: (keys: Keys) => Keys): Promise<Keys> {
  const path = pathIn(home)
  const next = change(await read(home))
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await chmod(dirname(path), 0o700)
  const fresh = `${path}.${process.pid}.new`
  await writeFile(fresh, `${JSON.stringify(next, undefined, 2)}\n`, { mode: 0o600 })
  await rename(fresh, path)
  return next
}

/** The key file has group or world bits. */
export class KeysReadableByOthers extends NotPermitted {
  constructor(path: string) {
    super(`${path} can be read by other users of this machine, so it is not used.`, {
      code: 'keys_readable_by_others',
      hint: `Run: chmod 600 ${path}`,
    })
  }
}
