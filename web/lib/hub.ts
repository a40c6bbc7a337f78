import 'server-only'
import { cookies, headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { endpoint } from './env.ts'
import { HubError } from './HubError.ts'

export type HubOptions = {
  /** `visitor` sends the visitor's cookies, where the answer depends on who asks; `anyone` (the default) does not. */
  as?: 'anyone' | 'visitor'
  /** Aborts a slow answer. */
  timeoutMs?: number
  headers?: Record<string, string>
  method?: 'GET' | 'HEAD'
}

/** GET or HEAD of a path of the origin, whatever it answers. */
export const request = async (path: string, options: HubOptions = {}): Promise<Response> => {
  return fetch(`${endpoint()}${path}`, {
    method: options.method ?? 'GET',
    cache: 'no-store',
    redirect: 'manual',
    signal: AbortSignal.timeout(options.timeoutMs ?? 20_000),
    headers: {
      accept: 'application/json',
      ...(await addressOfVisitor()),
      ...(options.as === 'visitor' && (await ofVisitor())),
      ...options.headers,
    },
  })
}

/** Visitors are counted one by one by the hub's limits, not all of them as this server. */
const addressOfVisitor = async (): Promise<Record<string, string>> => {
  const address = (await headers()).get('x-forwarded-for')
  return address ? { 'x-forwarded-for': address } : {}
}

/** The host says which origin the cookie was given to. */
const ofVisitor = async (): Promise<Record<string, string>> => {
  const [cookie, host] = [(await cookies()).toString(), (await headers()).get('host')]
  return cookie && host ? { cookie, host } : {}
}

/** JSON of a path of the origin. Throws `HubError`. */
export const get = async <T>(path: string, options?: HubOptions): Promise<T> => {
  const response = await request(path, options)
  if (!response.ok) throw await HubError.from(response)
  return (await response.json()) as T
}

/** As `get`, but what does not exist, or not for this visitor, is undefined. */
export const find = async <T>(path: string, options?: HubOptions): Promise<T | undefined> => {
  try {
    return await get<T>(path, options)
  } catch (error) {
    if (error instanceof HubError && [401, 403, 404].includes(error.status)) return undefined
    throw error
  }
}

/** As `get`, but what does not exist shows the page "not found". */
export const need = async <T>(path: string, options?: HubOptions): Promise<T> =>
  (await find<T>(path, options)) ?? notFound()

/** A part of a page that may be missing without taking the page with it. */
export const attempt = async <T>(wanted: Promise<T>): Promise<T | HubError> => {
  try {
    return await wanted
  } catch (error) {
    if (error instanceof HubError) return error
    return new HubError(503, { detail: 'The network does not answer right now.', code: 'unreachable', retryable: true })
  }
}

/** A query to the indexer. Throws `HubError`. */
export const graphql = async <T>(query: string, variables: Record<string, unknown> = {}): Promise<T> => {
  const response = await fetch(`${endpoint()}/graphql`, {
    method: 'POST',
    cache: 'no-store',
    signal: AbortSignal.timeout(10_000),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  if (!response.ok) throw await HubError.from(response)
  const { data, errors } = (await response.json()) as { data?: T; errors?: { message: string }[] }
  if (!data) throw new HubError(502, { detail: errors?.[0]?.message ?? 'The indexer gave no data.', code: 'indexer' })
  return data
}
