import { useSyncExternalStore } from 'react'

/** How far something that is signed has come. */
export type WriteStep = 'sign' | 'submit' | 'confirm' | 'index' | 'done' | 'failed'

export type Line = { label: string; value: string }

/** Something that goes on chain, as it is kept in this browser until it is done. */
export type Write = {
  id: string
  title: string
  /** What it does, how much at most, to whom. */
  lines: Line[]
  step: WriteStep
  /** What was signed, kept until the relayer has answered. */
  sent?: { path: string; body: string } | undefined
  tx?: string | undefined
  problem?: string | undefined
  /** Where the result is. */
  href?: string | undefined
  /** When it began, Unix ms. */
  at: number
}

const key = 'dehug.writes'
const kept = 20
const listeners = new Set<() => void>()
let cache: { text: string | null; list: Write[] } = { text: null, list: [] }

const read = (): Write[] => {
  const text = localStorage.getItem(key)
  if (text !== cache.text) cache = { text, list: parse(text) }
  return cache.list
}

const parse = (text: string | null): Write[] => {
  try {
    const list: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(list) ? (list as Write[]) : []
  } catch {
    return []
  }
}

const store = (list: Write[]): void => {
  const newest = list.slice(-kept)
  if (newest.length === 0) localStorage.removeItem(key)
  else localStorage.setItem(key, JSON.stringify(newest))
  for (const listener of listeners) listener()
}

/** Writes of this browser, newest last. */
export const saved = {
  list: read,
  get: (id: string): Write | undefined => read().find((write) => write.id === id),
  begin: (write: Pick<Write, 'title' | 'lines' | 'href'>): string => {
    const id = crypto.randomUUID()
    store([...read(), { ...write, id, step: 'sign', at: Date.now() }])
    return id
  },
  change: (id: string, change: Partial<Write>): void => {
    store(read().map((write) => (write.id === id ? { ...write, ...change } : write)))
  },
  remove: (id: string): void => store(read().filter((write) => write.id !== id)),
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}

const none: Write[] = []

/** The writes, as they change. */
export const useWrites = (): Write[] => useSyncExternalStore(subscribe, read, () => none)
