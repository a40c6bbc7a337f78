import 'server-only'
import { request } from './hub.ts'
import { resolvePath } from './repo-path.ts'
import type { RepoType } from './types.ts'

export type FileOf = { type: RepoType; id: string; revision: string; path: string }

/**
 * Bytes `from` to `to` (exclusive) of a file as this visitor may read it, and the file's whole size; undefined where it
 * cannot be read.
 */
export const rangeOf = async (
  { type, id, revision, path }: FileOf,
  from: number,
  to: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; size: number } | undefined> => {
  const headers = { accept: '*/*', range: `bytes=${from}-${to - 1}` }
  const response = await followed(resolvePath(type, id, revision, path), headers)
  if (!response.ok || !response.body) return undefined
  const whole = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1])
  const bytes = await firstBytes(response.body, to - from)
  return { bytes, size: Number.isFinite(whole) ? whole : bytes.length }
}

/** The hub may lead to where the bytes lie; what visitors are known by goes to the hub only. */
const followed = async (path: string, headers: Record<string, string>): Promise<Response> => {
  const response = await request(path, { as: 'visitor', headers })
  const location = response.headers.get('location')
  if (response.status < 300 || response.status >= 400 || !location) return response
  return fetch(new URL(location, response.url), { headers, cache: 'no-store' })
}

const firstBytes = async (body: ReadableStream<Uint8Array>, max: number): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= max) break
  }
  return new Uint8Array(Buffer.concat(chunks, Math.min(size, max)))
}

/** Text of a file, at most `max` bytes of it; undefined where there is none. */
export const textOf = async (file: FileOf, max: number): Promise<{ text: string; cut: boolean } | undefined> => {
  const found = await rangeOf(file, 0, max)
  return found && { text: new TextDecoder().decode(found.bytes), cut: found.size > max }
}
