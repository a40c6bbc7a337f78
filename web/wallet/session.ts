import { useSyncExternalStore } from 'react'
import { HubError } from '@/lib/HubError.ts'

/** Who this browser is to the hub (`GET /api/dehug/session`). */
export type Session = {
  user: {
    id: string
    name: string
    fullname: string
    address: string | null
    avatarUrl: string
    orgs: { name: string; role: string }[]
  } | null
  csrf: string
  nonce: string | null
  expiresAt: string | null
}

const path = '/api/dehug/session'
const hintKey = 'dehug.user'
const listeners = new Set<() => void>()
let current: Session | undefined
let loading: Promise<Session> | undefined

const remember = (session: Session): Session => {
  current = session
  if (session.user) localStorage.setItem(hintKey, session.user.name)
  else localStorage.removeItem(hintKey)
  for (const listener of listeners) listener()
  return session
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The name of who was signed in here last; visitors are not asked about at all. */
export const hintedName = (): string | null => localStorage.getItem(hintKey)

/** What is known of the session; undefined until {@link loadSession} has answered. */
export const useSession = (): Session | undefined =>
  useSyncExternalStore(
    subscribe,
    () => current,
    () => undefined,
  )

/** Asks the hub who this browser is, once; `again` asks anew. */
export const loadSession = (again = false): Promise<Session> => {
  if (current && !again) return Promise.resolve(current)
  loading ??= fetch(path, { cache: 'no-store' })
    .then(answered)
    .then(remember)
    .finally(() => {
      loading = undefined
    })
  return loading
}

const answered = async (response: Response): Promise<Session> => {
  if (!response.ok) throw await HubError.from(response)
  return (await response.json()) as Session
}

/** Sends a signed ERC-4361 message; the cookie and the token of our forms are new after it. */
export const sendSignIn = async (signed: { message: string; signature: string; username?: string }): Promise<Session> =>
  remember(await answered(await hubFetch(path, { method: 'POST', headers: json, body: JSON.stringify(signed) })))

/** Ends the session. */
export const signOut = async (): Promise<Session> =>
  remember(await answered(await hubFetch(path, { method: 'DELETE' })))

const json = { 'content-type': 'application/json' }
const reads = ['GET', 'HEAD']

/** `fetch` for our own origin: writes carry the token that shows they come from our pages. */
export const hubFetch: typeof fetch = async (input, init = {}) => {
  const url = new URL(input instanceof Request ? input.url : input, location.href)
  if (url.origin !== location.origin || reads.includes((init.method ?? 'GET').toUpperCase())) return fetch(input, init)
  const send = async (again: boolean) => {
    const headers = new Headers(init.headers)
    headers.set('x-csrf-token', (await loadSession(again)).csrf)
    return fetch(input, { ...init, headers })
  }
  const answer = await send(false)
  // Somebody signed in or out in another tab.
  return answer.status === 403 && answer.headers.get('x-error-code') === 'foreign_request' ? send(true) : answer
}

/** JSON of a path of the hub. Throws `HubError`. */
export const hubJson = async <T>(to: string, options: { method?: string; body?: unknown } = {}): Promise<T> => {
  const { method = 'GET', body } = options
  const sent = body === undefined ? {} : { headers: json, body: JSON.stringify(body) }
  const answer = await hubFetch(to, { method, cache: 'no-store', ...sent })
  if (!answer.ok) throw await HubError.from(answer)
  const text = await answer.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}
