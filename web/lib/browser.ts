import { HubError } from './HubError.ts'

/** Who this browser is; see `SessionWire.Session`. */
export type BrowserSession = {
  user: { id: string; name: string; fullname: string; address: string | null; avatarUrl: string } | null
  csrf: string
}

const json = async (path: string, init: RequestInit = {}): Promise<unknown> => {
  const response = await fetch(path, { credentials: 'same-origin', ...init })
  if (!response.ok) throw await HubError.from(response)
  return response.status === 204 ? undefined : response.json()
}

/** GET of the hub from a page. Throws `HubError`. */
export const read = async <T>(path: string): Promise<T> => (await json(path)) as T

/** Who is signed in with this browser. */
export const session = (): Promise<BrowserSession> => read('/api/dehug/session')

/** A write by who is signed in: the cookie counts together with the token of our own pages. Throws `HubError`. */
export const write = async <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> => {
  const { csrf } = await session()
  return (await json(path, {
    method,
    headers: { 'x-csrf-token': csrf, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })) as T
}
