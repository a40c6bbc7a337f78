import { hubFetch } from '@/wallet/session.ts'
import { HubError } from './HubError.ts'

const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
  const response = await hubFetch(path, init)
  if (!response.ok) throw await HubError.from(response)
  return response.status === 204 ? undefined : response.json()
}

/** GET of the hub from a page. Throws `HubError`. */
export const read = async <T>(path: string): Promise<T> => (await ask(path)) as T

/** A write by who is signed in. Throws `HubError`. */
export const write = async <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> =>
  (await ask(path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })) as T

/** Leads who is not signed in to the sign-in page and back; other errors go on. */
export const signInOn401 = (error: unknown): void => {
  if (!(error instanceof HubError && error.status === 401)) throw error
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)
}
