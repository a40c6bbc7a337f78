import { request } from './hub.ts'
import { resolvePath } from './repo.ts'
import type { RepoType } from './types.ts'

/** Cards longer than this are cut; the file itself stays whole. */
const maxCard = 300_000

/** Text of a file as this visitor may read it, at most `max` bytes; undefined where there is none. */
export const textOf = async (
  type: RepoType,
  id: string,
  revision: string,
  path: string,
  max: number,
): Promise<{ text: string; cut: boolean } | undefined> => {
  const response = await followed(resolvePath(type, id, revision, path), max)
  if (!response?.ok || !response.body) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > max) break
  }
  const bytes = Buffer.concat(chunks)
  return { text: new TextDecoder().decode(bytes.subarray(0, max)), cut: size > max }
}

/** The hub may lead to where the bytes lie. */
const followed = async (path: string, max: number): Promise<Response | undefined> => {
  const options = { as: 'visitor', headers: { accept: '*/*', range: `bytes=0-${max}` } } as const
  const response = await request(path, options)
  if (response.status === 416) return undefined
  const location = response.headers.get('location')
  if (response.status < 300 || response.status >= 400 || !location) return response
  return fetch(new URL(location, response.url), { headers: options.headers, cache: 'no-store' })
}

/** The card without its metadata; undefined where a repository has none. */
export const cardOf = async (type: RepoType, id: string, revision: string) => {
  const found = await textOf(type, id, revision, 'README.md', maxCard)
  return found && { ...found, text: found.text.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---[^\S\n]*(\r?\n|$)/, '') }
}
