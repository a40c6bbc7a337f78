import type { Exit } from './Child.ts'
import { EngineCrashed, EngineOutOfMemory, ModelFailed, ModelRefused, RequestRefused } from './errors.ts'
import type { Message } from './Message.ts'

type Failed = Extract<Message, { op: 'failed' | 'refused' }>

const memoryWords = /bad_alloc|out of memory|allocation failed|cannot allocate memory|failed to allocate/i

/** The error that a child's own report of a failure becomes. */
export function failureError(failed: Failed, memoryBytes: number): Error {
  const text = sentence(failed.message)
  if (failed.kind === 'input') return new RequestRefused(text)
  if (failed.kind === 'memory') return new EngineOutOfMemory(`The model ran out of memory: ${text}`, memoryBytes)
  if (failed.op === 'refused') return new ModelRefused(`The model cannot be loaded: ${text}`)
  return new ModelFailed(`The model failed: ${text}`)
}

/** The error that the end of a child becomes, judged by how it ended and by its last words. */
export function exitError(exit: Exit, memoryBytes: number): Error {
  if (exit.violation !== undefined) return new EngineCrashed(`The engine was killed because ${exit.violation}.`)
  if (memoryWords.test(exit.stderr)) {
    return new EngineOutOfMemory(`The engine ran out of its ${memoryBytes} bytes of memory.`, memoryBytes)
  }
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  return new EngineCrashed(`The engine's process ended ${how}.`, {
    code: exit.code,
    signal: exit.signal,
    lastWords: sentence(exit.stderr.slice(-500)),
  })
}

/** One line of printable text, of bounded length: it comes from an untrusted process. */
const sentence = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 500)
