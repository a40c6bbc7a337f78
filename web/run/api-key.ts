'use client'
import { useSyncExternalStore } from 'react'

const place = 'dehug.api-key'
const changed = 'dehug:api-key'

/** The inference key that is kept in this browser; whoever has it can spend up to its limit. */
export const apiKey = (): string | undefined => localStorage.getItem(place) ?? undefined

/** Keeps a key in this browser, instead of the one before. */
export const keepApiKey = (key: string): void => {
  localStorage.setItem(place, key.trim())
  window.dispatchEvent(new Event(changed))
}

/** Removes the key from this browser; it stays valid elsewhere. */
export const forgetApiKey = (): void => {
  localStorage.removeItem(place)
  window.dispatchEvent(new Event(changed))
}

/** The key, also when another tab changes it; undefined on the server. */
export const useApiKey = (): string | undefined => useSyncExternalStore(follow, apiKey, () => undefined)

const follow = (tell: () => void): (() => void) => {
  const onStorage = ({ key }: StorageEvent) => {
    if (key === place || key === null) tell()
  }
  window.addEventListener(changed, tell)
  window.addEventListener('storage', onStorage)
  return () => {
    window.removeEventListener(changed, tell)
    window.removeEventListener('storage', onStorage)
  }
}
