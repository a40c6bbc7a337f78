import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { type Source, SourceLied, SourceRefused } from './SourcePool.ts'

const maxBlockBytes = 2 << 20
const connectTimeoutMs = 5000
const silenceTimeoutMs = 15_000

/** Connections shared by the requests of one fetch. Close it with `destroy()`. */
export function agent(): Agent {
  return new Agent({
    connections: 16,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
  })
}

export type Get = { agent: Agent; source: Source; cid: string; signal: AbortSignal; onBytes: (count: number) => void }

/** One whole block, unverified. */
export async function getBlock({ agent, source, cid, signal, onBytes }: Get): Promise<Buffer> {
  const response = await request(`${source.url}/ipfs/${cid}?format=raw`, {
    dispatcher: agent,
    signal,
    headers: { accept: 'application/vnd.ipld.raw', 'accept-encoding': 'identity' },
  })
  if (response.statusCode !== 200) return await refuse(response)
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response.body as AsyncIterable<Buffer>) {
    pieces.push(piece)
    length += piece.length
    onBytes(piece.length)
    if (length > maxBlockBytes) throw new SourceLied(`block ${cid} (more than 2 MiB)`)
  }
  return Buffer.concat(pieces, length)
}

/** Bytes `start` to `end` (exclusive) of a file, unverified, as they come; undefined when the source has no ranges. */
export async function getRange(get: Get, start: number, end: number, size: number): Promise<Readable | undefined> {
  const response = await request(`${get.source.url}/ipfs/${get.cid}`, {
    dispatcher: get.agent,
    signal: get.signal,
    headers: { range: `bytes=${start}-${end - 1}`, accept: '*/*', 'accept-encoding': 'identity' },
  })
  const { statusCode, headers, body } = response
  if (statusCode === 206 && headers['content-range'] === `bytes ${start}-${end - 1}/${size}`) return body
  if (statusCode === 200 && start === 0 && end === size) return body
  if ([200, 206, 301, 302, 307, 308, 400, 406, 501].includes(statusCode)) {
    body.on('error', () => {}).destroy()
    return undefined
  }
  return await refuse(response)
}

async function refuse({ statusCode, headers, body }: Awaited<ReturnType<typeof request>>): Promise<never> {
  await body.dump().catch(() => {})
  const seconds = Number(headers['retry-after'])
  throw new SourceRefused(statusCode, seconds > 0 ? Math.min(seconds, 30) * 1000 : undefined)
}
