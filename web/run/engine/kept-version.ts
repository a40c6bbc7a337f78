import type { PromisedFile } from './messages.ts'

/** A version that was checked against the chain: its commit, and the files that its manifest promises. */
export type KnownVersion = { commit: string; files: PromisedFile[] }

const placeOf = (model: string) => `dehug.version:${model}`

/** Remembers a version that was checked, for times without a network. */
export const keepVersion = (model: string, version: KnownVersion): void => {
  try {
    localStorage.setItem(placeOf(model), JSON.stringify(version))
  } catch {
    // Without room it is looked up again next time.
  }
}

/** The version that was checked here before, where nothing but the network is missing. Throws `error` otherwise. */
export const keptVersion = (model: string, error: unknown): KnownVersion => {
  const kept = (error as { code?: string }).code === 'unreachable' ? localStorage.getItem(placeOf(model)) : null
  if (kept === null) throw error
  return JSON.parse(kept) as KnownVersion
}
