import { keepApiKey } from '@/run/api-key.ts'

/** A key whose session is on its way to the chain: a reload must not lose it. */
const slot = 'dehug.api-key.next'

export const holdKey = (apiKey: string): void => localStorage.setItem(slot, apiKey)

/** The session is open: from now on this browser pays with the key. */
export const adoptKey = (): string | undefined => {
  const apiKey = localStorage.getItem(slot)
  if (apiKey === null) return undefined
  keepApiKey(apiKey)
  localStorage.removeItem(slot)
  return apiKey
}

export const dropKey = (): void => localStorage.removeItem(slot)
