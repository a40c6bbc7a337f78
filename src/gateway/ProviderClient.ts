import { Agent, type Dispatcher } from 'undici'
import type { z } from 'zod'
import { DehugError, type Hex, Unavailable } from '../core/index.ts'
import { ProviderWire } from '../wire/index.ts'

/** HTTP to providers over kept-alive connections. */
export type ProviderClient = AsyncDisposable & {
  offers(url: string): Promise<ProviderWire.Offers>
  /** Sends a job; the answer is one JSON result or a stream of events. Throws as {@link send}. */
  run(url: string, body: string, signal: AbortSignal): Promise<Dispatcher.ResponseData>
  raise(url: string, jobId: Hex, body: ProviderWire.VoucherBody): Promise<ProviderWire.VoucherResult>
  /** Undefined when the provider never reserved this job. */
  job(url: string, jobId: Hex, salt: Hex): Promise<ProviderWire.JobResult | undefined>
  channel(url: string, channelId: Hex): Promise<ProviderWire.ChannelState | undefined>
  release(url: string, channelId: Hex, body: ProviderWire.ReleaseBody): Promise<ProviderWire.ReleaseResult>
}

const maxBodyBytes = 64 * 1024 * 1024
const shortTimeoutMs = 10_000
/** A release waits for a transaction. */
const releaseTimeoutMs = 120_000

/** Opens the connection pools; nothing is connected yet. */
export function open(options: { connections: number }): ProviderClient {
  const agent = new Agent({ connections: options.connections, pipelining: 1, keepAliveTimeout: 30_000 })
  const ask = async (url: string, init: Ask): Promise<unknown> => {
    const timeoutMs = init.timeoutMs ?? shortTimeoutMs
    const response = await send(agent, url, { ...init, signal: AbortSignal.timeout(timeoutMs), timeoutMs })
    return response.statusCode === 404 && init.optional ? drain(response) : readJson(response)
  }
  return {
    offers: async (url) => parseAs(ProviderWire.Offers, await ask(url, { path: '/offers' })),
    // The provider keeps the offer's deadline for the job; undici's own time limits (5 min) stand behind it.
    run: (url, body, signal) => send(agent, url, { path: '/jobs', body, signal }),
    raise: async (url, jobId, body) =>
      parseAs(
        ProviderWire.VoucherResult,
        await ask(url, { path: `/jobs/${jobId}/voucher`, body: ProviderWire.toJson(body) }),
      ),
    job: async (url, jobId, salt) => {
      const headers = { [ProviderWire.saltHeader]: salt }
      const json = await ask(url, { path: `/jobs/${jobId}`, headers, optional: true })
      return json === undefined ? undefined : parseAs(ProviderWire.JobResult, json)
    },
    channel: async (url, channelId) => {
      const json = await ask(url, { path: `/channels/${channelId}`, optional: true })
      return json === undefined ? undefined : parseAs(ProviderWire.ChannelState, json)
    },
    release: async (url, channelId, body) =>
      parseAs(
        ProviderWire.ReleaseResult,
        await ask(url, {
          path: `/channels/${channelId}/release`,
          body: ProviderWire.toJson(body),
          timeoutMs: releaseTimeoutMs,
        }),
      ),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/** What was answered, by its schema. Throws `ProviderGarbled`. */
function parseAs<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new ProviderGarbled(parsed.error.issues[0]?.message ?? 'it has the wrong shape')
}

type Ask = {
  path: string
  body?: string
  headers?: Record<string, string>
  signal?: AbortSignal
  timeoutMs?: number
  optional?: boolean
}

/** Throws `ProviderUnreachable` when nothing was sent, `ProviderLost` when it is not known what arrived. */
async function send(agent: Agent, url: string, ask: Ask): Promise<Dispatcher.ResponseData> {
  const { origin, pathname } = new URL(url)
  const json = ask.body === undefined ? {} : { 'content-type': 'application/json' }
  try {
    return await agent.request({
      origin,
      path: `${pathname === '/' ? '' : pathname.replace(/\/$/, '')}${ask.path}`,
      method: ask.body === undefined ? 'GET' : 'POST',
      headers: { ...json, ...ask.headers },
      body: ask.body ?? null,
      signal: ask.signal ?? null,
      ...(ask.timeoutMs === undefined ? {} : { headersTimeout: ask.timeoutMs, bodyTimeout: ask.timeoutMs }),
    })
  } catch (cause) {
    if (ask.signal?.aborted && !ask.timeoutMs) throw cause
    throw neverSent.has((cause as { code?: string }).code ?? '')
      ? new ProviderUnreachable(url, cause)
      : new ProviderLost(url, cause)
  }
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

async function drain(response: Dispatcher.ResponseData): Promise<undefined> {
  await response.body.dump()
}

/** The JSON of a 2xx answer; throws the `DehugError` that any other answer's problem body stands for. */
export async function readJson(response: Dispatcher.ResponseData): Promise<unknown> {
  const text = await readText(response)
  if (response.statusCode >= 200 && response.statusCode < 300) return parse(text)
  let problem: unknown
  try {
    problem = JSON.parse(text)
  } catch {
    problem = undefined
  }
  throw DehugError.fromProblem(problem, response.statusCode)
}

async function readText({ body, headers }: Dispatcher.ResponseData): Promise<string> {
  // Node's HTTP parser holds the sender to the length it announced.
  const announced = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (announced <= maxBodyBytes) return body.text()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBodyBytes) throw new ProviderGarbled(`its answer is larger than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProviderGarbled('its answer is not JSON')
  }
}

/** No connection could be made, so the provider has seen nothing. */
export class ProviderUnreachable extends Unavailable {
  constructor(url: string, cause: unknown) {
    super(`The provider at ${url} cannot be reached.`, { code: 'provider_unreachable', cause })
  }
}

/** The connection broke after something may have been sent. */
export class ProviderLost extends Unavailable {
  constructor(url: string, cause: unknown) {
    super(`The connection to the provider at ${url} broke.`, { code: 'provider_lost', cause })
  }
}

/** The provider answered something that is not of the protocol. */
export class ProviderGarbled extends Unavailable {
  constructor(reason: string) {
    super(`The provider cannot be understood: ${reason}.`, { code: 'provider_garbled' })
  }
}
