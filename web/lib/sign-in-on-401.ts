import { HubError } from './HubError.ts'

/** Leads who is not signed in to the sign-in page and back; other errors go on. */
export const signInOn401 = (error: unknown): void => {
  if (!(error instanceof HubError && error.status === 401)) throw error
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)
}
