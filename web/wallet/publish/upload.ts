import { HubError } from '@/lib/HubError.ts'
import { hubJson } from '../session.ts'

/** Bytes of one part: what a break costs at most. */
export const partBytes = 16 * 2 ** 20
const partsAtOnce = 3
const attempts = 5

export type LfsObject = {
  oid: string
  size: number
  actions?: {
    upload?: { href: string; header?: Record<string, string> }
    verify?: { href: string }
  }
  error?: { message: string }
}

export type Sending = { onBytes: (doneBytes: number) => void; signal: AbortSignal }

/** Sends one large file; parts that arrived before a break are not sent again. */
export const uploadObject = async (blob: Blob, { oid, size, actions }: LfsObject, sending: Sending): Promise<void> => {
  const upload = actions?.upload
  if (!upload) return sending.onBytes(size)
  const chunk = Number(upload.header?.chunk_size)
  if (chunk > 0) await inParts(blob, oid, { href: upload.href, header: upload.header ?? {}, chunk }, sending)
  else await putAgain(sameOrigin(upload.href), blob, sending.onBytes, sending.signal)
  if (actions?.verify) await hubJson(sameOrigin(actions.verify.href), { method: 'POST', body: { oid, size } })
}

type Parts = { href: string; header: Record<string, string>; chunk: number }

const inParts = async (blob: Blob, oid: string, { href, header, chunk }: Parts, sending: Sending): Promise<void> => {
  const links = Object.keys(header)
    .filter((name) => /^\d+$/.test(name))
    .sort()
    .map((name) => header[name] as string)
  const done = new Array<number>(links.length).fill(0)
  const parts: { partNumber: number; etag: string }[] = []
  const waiting = links.map((link, i) => ({ link, i }))
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { link, i } = next
      const piece = blob.slice(i * chunk, (i + 1) * chunk)
      const onBytes = (bytes: number) => {
        done[i] = bytes
        sending.onBytes(done.reduce((sum, count) => sum + count, 0))
      }
      const etag =
        (await etagOf(sameOrigin(link))) ?? (await putAgain(sameOrigin(link), piece, onBytes, sending.signal))
      onBytes(piece.size)
      parts.push({ partNumber: i + 1, etag })
    }
  }
  await Promise.all(Array.from({ length: Math.min(partsAtOnce, waiting.length) }, work))
  parts.sort((a, b) => a.partNumber - b.partNumber)
  await hubJson(sameOrigin(href), { method: 'POST', body: { oid, parts } })
}

/** Links carry their own right; they are asked for through the origin of this page. */
const sameOrigin = (href: string): string => {
  const { pathname, search } = new URL(href, location.href)
  return pathname + search
}

/** What a part is called that is there already. */
const etagOf = async (link: string): Promise<string | undefined> => {
  const answer = await fetch(link, { method: 'HEAD', cache: 'no-store' })
  return answer.ok ? (answer.headers.get('etag') ?? '""') : undefined
}

const putAgain = async (
  link: string,
  body: Blob,
  onBytes: (doneBytes: number) => void,
  signal: AbortSignal,
): Promise<string> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await put(link, body, onBytes, signal)
    } catch (error) {
      const final = error instanceof HubError && !error.retryable
      if (signal.aborted || final || attempt >= attempts) throw error
      await new Promise((done) => setTimeout(done, 500 * 2 ** attempt))
    }
  }
}

/** The browser reads the file from disk while it is sent; only XMLHttpRequest tells how far it is. */
const put = (link: string, body: Blob, onBytes: (doneBytes: number) => void, signal: AbortSignal): Promise<string> =>
  new Promise((done, fail) => {
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    signal.addEventListener('abort', stop, { once: true })
    request.upload.onprogress = ({ loaded }) => onBytes(Math.min(loaded, body.size))
    request.onloadend = () => {
      signal.removeEventListener('abort', stop)
      if (request.status >= 200 && request.status < 300) return done(request.getResponseHeader('etag') ?? '""')
      if (signal.aborted) return fail(signal.reason)
      const told = parse(request.responseText)
      fail(new HubError(request.status || 503, request.status ? told : { detail: 'The connection broke.' }))
    }
    request.open('PUT', link)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.send(body)
  })

const parse = (text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
