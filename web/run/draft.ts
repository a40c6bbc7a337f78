import type { EngineRequest } from 'dehug/core'
import type { SearchParams } from '@/lib/search-params.ts'
import { all, one } from '@/lib/search-params.ts'

/** What the form says, before it is a request. */
export type Draft = {
  mode: 'chat' | 'completion'
  system: string
  text: string
  /** Base64 of a PNG or JPEG. */
  image: string
  maxTokens: number
  temperature: number
  topP: number
  seed: string
  topK: number
}

/** What a link to the playground says. */
export type Shared = { models: string[]; draft: Draft; where: 'provider' | 'browser' }

const examples: Record<string, string> = {
  'text-generation': 'What is DeHug?',
  'feature-extraction': 'A model that recognises objects in photos.\nClassify pictures taken with a camera.',
  'text-classification': 'Guten Morgen, wie geht es dir?',
}

/** The text to begin with where a visitor brought none. */
export const exampleOf = (task: string): string => examples[task] ?? ''

const bounded = (text: string | undefined, fallback: number, low: number, high: number): number => {
  const value = Number(text)
  return text === undefined || !Number.isFinite(value) ? fallback : Math.min(high, Math.max(low, value))
}

/** Reads a shared link; anything odd becomes the default. */
export const readShared = (params: Awaited<SearchParams>): Shared => ({
  models: [...new Set(all(params, 'model'))].slice(0, 4),
  where: one(params, 'where') === 'browser' ? 'browser' : 'provider',
  draft: {
    mode: one(params, 'mode') === 'completion' ? 'completion' : 'chat',
    system: (one(params, 'system') ?? '').slice(0, 20_000),
    text: (one(params, 'text') ?? '').slice(0, 20_000),
    image: '',
    maxTokens: Math.round(bounded(one(params, 'max'), 64, 1, 4096)),
    temperature: bounded(one(params, 'temperature'), 0, 0, 2),
    topP: bounded(one(params, 'top_p'), 1, 0.01, 1),
    seed: /^\d{1,9}$/.test(one(params, 'seed') ?? '') ? (one(params, 'seed') ?? '') : '',
    topK: Math.round(bounded(one(params, 'top_k'), 5, 1, 100)),
  },
})

/** The query of a link that brings back models and draft; pictures stay with their owner. */
export const shareQuery = (models: string[], draft: Draft, where: Shared['where']): string => {
  const query = new URLSearchParams()
  for (const model of models) query.append('model', model)
  if (where === 'browser') query.set('where', where)
  if (draft.mode === 'completion') query.set('mode', draft.mode)
  if (draft.system) query.set('system', draft.system)
  query.set('text', draft.text)
  query.set('max', String(draft.maxTokens))
  query.set('temperature', String(draft.temperature))
  if (draft.topP !== 1) query.set('top_p', String(draft.topP))
  if (draft.seed) query.set('seed', draft.seed)
  if (draft.topK !== 5) query.set('top_k', String(draft.topK))
  return query.toString()
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** The request for a model of this task; undefined while something that it needs is missing. */
export function requestOf(task: string, draft: Draft): EngineRequest.EngineRequest | undefined {
  const { text } = draft
  if (task === 'image-classification') {
    return draft.image ? { task, images: [draft.image], topK: draft.topK } : undefined
  }
  if (text.trim() === '') return undefined
  if (task === 'feature-extraction') return { task, inputs: lines(text) }
  if (task === 'text-classification') return { task, inputs: lines(text), topK: draft.topK }
  if (task !== 'text-generation') return undefined
  const system = draft.system.trim() ? [{ role: 'system' as const, content: draft.system }] : []
  return {
    task,
    ...(draft.mode === 'chat' ? { messages: [...system, { role: 'user', content: text }] } : { prompt: text }),
    maxTokens: draft.maxTokens,
    temperature: draft.temperature,
    topP: draft.topP,
    stop: [],
    ...(draft.seed === '' ? {} : { seed: Number(draft.seed) }),
  }
}
