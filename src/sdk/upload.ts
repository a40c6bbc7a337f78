import { createReadStream } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { DehugError, Unavailable } from '../core/index.ts'
import { backOffMs, errorOf } from './Http.ts'

const idleTimeoutMs = 120_000

export type Upload = {
  url: string
  method: 'PUT' | 'POST'
  headers?: Record<string, string>
  /** A file sent from disk, or text made while it is sent (then without a known length). */
  body: { path: string; size: number } | (() => AsyncIterable<string | Uint8Array>)
  /** Called with the bytes handed over since the last call; negative when an attempt starts over. */
  onBytes?: ((count: number) => void) | undefined
  signal?: AbortSignal | undefined
  /** How often it is tried; only for what may be sent twice. */
  attempts?: number
}

/** Streams a body without holding it in memory. Throws the service's own error, or {@link UploadCut} after the last attempt. */
export async function upload(options: Upload): Promise<string> {
  const attempts = options.attempts ?? 4
  for (let attempt = 0; ; attempt += 1) {
    let sent = 0
    const count = (bytes: number) => {
      sent += bytes
      options.onBytes?.(bytes)
    }
    const result = await send(options, count).catch((error: Error) => error)
    if (typeof result === 'string') return result
    options.signal?.throwIfAborted()
    const final = result instanceof DehugError && !result.retryable
    if (final || attempt + 1 >= attempts)
      throw result instanceof DehugError ? result : new UploadCut(options.url, result)
    options.onBytes?.(-sent)
    await sleep(backOffMs(attempt), undefined, { signal: options.signal })
  }
}

async function send(options: Upload, count: (bytes: number) => void): Promise<string> {
  const url = new URL(options.url)
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest
  const size = 'path' in options.body ? { 'content-length': String(options.body.size) } : {}
  const outgoing = open(url, {
    method: options.method,
    headers: { ...options.headers, ...size },
    timeout: idleTimeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
  })
  outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing moved for ${idleTimeoutMs / 1000} s`)))
  const answered = new Promise<Response>((done, fail) => {
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', fail)
      incoming.on('end', () => done(responseOf(incoming.statusCode ?? 500, incoming.headers, Buffer.concat(chunks))))
    })
  })
  // A server may refuse before the body is through; its answer explains more than the broken pipe.
  const sending = pipeline(sourceOf(options.body), counted(count), outgoing).catch((error: Error) => error)
  const answer = await Promise.race([
    answered,
    sending.then((error) => (error instanceof Error ? settle(answered, error) : answered)),
  ])
  if (answer.ok) return answer.text()
  throw await errorOf(answer)
}

/** Gives the answer a moment to arrive after the pipe broke. */
async function settle(answered: Promise<Response>, error: Error): Promise<Response> {
  return Promise.race([
    answered,
    sleep(200).then(() => {
      throw error
    }),
  ])
}

const sourceOf = (body: Upload['body']): Readable =>
  'path' in body
    ? createReadStream(body.path, { highWaterMark: 1 << 18 })
    : Readable.from(body(), { objectMode: false })

const counted = (count: (bytes: number) => void) =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count(chunk.length)
      done(null, chunk)
    },
  })

function responseOf(status: number, headers: Record<string, string | string[] | undefined>, body: Buffer): Response {
  const plain = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  )
  const bodyless = status === 204 || status === 304
  return new Response(bodyless ? null : new Uint8Array(body), { status, headers: plain })
}

/** The connection broke each time. */
export class UploadCut extends Unavailable {
  constructor(url: string, cause: Error) {
    super(`The upload to ${new URL(url).origin} was cut: ${cause.message || cause.name}.`, {
      code: 'upload_cut',
      hint: 'Push again: files that arrived are not sent twice.',
      cause,
    })
  }
}
