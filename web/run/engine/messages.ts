import type { Answer, EngineRequest } from 'dehug/core'

/** A file as the signed manifest promises it. */
export type PromisedFile = { path: string; size: number; sha256: string }

/** What the page asks of the engine. Files that are not promised do not exist for it. */
export type Job = {
  id: number
  model: string
  commit: string
  files: PromisedFile[]
  request: EngineRequest.EngineRequest
}

/** Asks it to keep what it is made of in this browser, so that it starts without a network. */
export type Keep = { id: number; keep: true }

/** What the engine says. */
export type Told =
  | { id: number; kind: 'note'; note: string }
  | { id: number; kind: 'text'; text: string }
  | { id: number; kind: 'answer'; answer: Answer.Answer }
  | { id: number; kind: 'kept' }
  | { id: number; kind: 'failed'; message: string; code?: string }
