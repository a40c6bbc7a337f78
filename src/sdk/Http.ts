import { DehugError, NotAuthenticated, NotFound, NotPermitted, Unavailable } from '../core/index.ts'

export type Request = {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  /** Sent as JSON; strings and bytes are sent as they are. */
  body?: unknown
  /** Whether the same request may be sent again after a lost connection. Reads always are. */
  retry?: boolean
  signal?: AbortSignal | undefined
}

/** Talks to one origin. Answers that are no success are thrown as the `DehugError` the service meant. */
export type Http = {
  readonly origin: string
  response(path: string, request?: Request): Promise<Response>
  json(path: string, request?: Request): Promise<unknown>
}

export type HttpOptions = {
  origin: string
  /** Sent as `Authorization: Bearer` to this origin only. */
  bearer?: string | undefined
  fetch?: typeof fetch | undefined
  attempts?: number
  waitMs?: (attempt: number) => number
}

/** Where nothing listens, something may be starting; it is not waited for long. */
const refusedAttempts = 3
const isRefused = (answer: Response | Error): boolean =>
  answer instanceof Error && (answer.cause as { code?: string } | undefined)?.code === 'ECONNREFUSED'

const busyStatus = new Set([408, 429, 502, 503, 504])

/** Opens nothing; each call is one request with back-off for what may be tried again. */
export function from(options: HttpOptions): Http {
  const origin = options.origin.replace(/\/+$/, '')
  const response = (path: string, request: Request = {}) => withRetries({ ...options, origin }, path, request)
  return {
    origin,
    response,
    json: async (path, request) => {
      const answer = await response(path, request)
      return parseJson(await answer.text(), answer.status)
    },
  }
}

/** Doubles from 250 ms up to 8 s. */
export const backOffMs = (attempt: number): number => Math.min(8000, 250 * 2 ** attempt)

async function withRetries(options: HttpOptions, path: string, request: Request): Promise<Response> {
  const { attempts = 5, waitMs = backOffMs } = options
  const repeatable = request.retry ?? ['GET', 'HEAD', undefined].includes(request.method)
  for (let attempt = 0; ; attempt += 1) {
    const answer = await once(options, path, request).catch((error) => error as Error)
    if (!(answer instanceof Error) && answer.ok) return answer
    const busy = answer instanceof Error ? !(answer instanceof DehugError) : busyStatus.has(answer.status)
    request.signal?.throwIfAborted()
    if (!repeatable || !busy || attempt + 1 >= (isRefused(answer) ? refusedAttempts : attempts)) {
      throw answer instanceof Error ? unreachable(options.origin, answer) : await errorOf(answer)
    }
    const asked = answer instanceof Error ? 0 : Number(answer.headers.get('retry-after') ?? 0) * 1000
    if (!(answer instanceof Error)) await answer.body?.cancel()
    await pause(Math.max(waitMs(attempt), Math.min(asked, 30_000) || 0), request.signal)
  }
}

/** Throws the signal's reason when it fires. */
const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer)
      fail(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      done()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
  })

function once(options: HttpOptions, path: string, request: Request): Promise<Response> {
  const url = new URL(options.origin + path)
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const { body } = request
  const asIs = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const headers: Record<string, string> = {
    ...(asIs ? {} : { 'content-type': 'application/json' }),
    ...(options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }),
    ...request.headers,
  }
  const send = options.fetch ?? fetch
  return send(url, {
    method: request.method ?? 'GET',
    headers,
    ...(body === undefined ? {} : { body: asIs ? (body as string) : JSON.stringify(body) }),
    ...(request.signal ? { signal: request.signal } : {}),
  })
}

/** The error behind an unsuccessful answer: RFC 9457, Hugging Face's `{error}` and headers, or OpenAI's `{error:{message}}`. */
export async function errorOf(answer: Response): Promise<DehugError> {
  const text = await answer.text().catch(() => '')
  const body = safeJson(text)
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) {
    return DehugError.fromProblem(body, answer.status)
  }
  const nested = (body as { error?: unknown } | undefined)?.error
  if (typeof nested === 'object' && nested !== null && 'detail' in nested)
    return DehugError.fromProblem(nested, answer.status)
  const gateway = (nested as OpenAiError | undefined)?.dehug
  if (gateway) return openAiError(answer.status, nested as OpenAiError)
  const message =
    answer.headers.get('x-error-message') ??
    (typeof nested === 'string' ? nested : (nested as { message?: string } | undefined)?.message) ??
    `${answer.url} answered ${answer.status}.`
  return byStatus(answer.status, message, answer.headers.get('x-error-code') ?? undefined)
}

type OpenAiError = {
  message: string
  code: string
  dehug?: { hint?: string; retryable?: boolean; details?: Record<string, unknown> }
}

function openAiError(status: number, { message, code, dehug }: OpenAiError): DehugError {
  const { exitCode } = byStatus(status, '', undefined)
  // OpenAI's clients show the message only, so the gateway writes the hint behind it.
  const told = dehug?.hint && message.endsWith(dehug.hint) ? message.slice(0, -dehug.hint.length).trim() : message
  return new DehugError(told, { code, status, exitCode, ...dehug })
}

function byStatus(status: number, message: string, code: string | undefined): DehugError {
  const named = code === undefined ? {} : { code }
  if (status === 401) {
    return new NotAuthenticated(message, {
      ...named,
      hint: 'Log in with `dehug login`, or set DEHUG_TOKEN to a hub token.',
    })
  }
  if (status === 403)
    return new NotPermitted(message, { ...named, hint: 'Use an account that has the right to do this.' })
  if (status === 404) return new NotFound(message, { ...named, hint: 'Check the name, its type and the revision.' })
  if (busyStatus.has(status)) return new Unavailable(message, { ...named, hint: 'Try again in a moment.' })
  return new DehugError(message, {
    code: code ?? `http_${status}`,
    status,
    exitCode: status === 402 ? 4 : status < 500 ? 2 : 1,
  })
}

function unreachable(origin: string, cause: Error): Error {
  if (cause instanceof DehugError || cause.name === 'AbortError') return cause
  const reason = (cause.cause as { code?: string } | undefined)?.code ?? cause.message
  return new Unreachable(origin, reason, cause)
}

const safeJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseJson(text: string, status: number): unknown {
  const body = safeJson(text)
  if (body === undefined) throw DehugError.fromProblem(undefined, status)
  return body
}

/** Nothing answers at the endpoint. */
export class Unreachable extends Unavailable {
  constructor(origin: string, reason: string, cause: unknown) {
    super(`${origin} cannot be reached (${reason}).`, {
      code: 'unreachable',
      hint: 'Start a network with `dehug up`, or set DEHUG_ENDPOINT to the origin of a hub.',
      cause,
    })
  }
}
