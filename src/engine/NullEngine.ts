import type { EngineRequest } from '../core/index.ts'
import type { Engine, RunOptions } from './Engine.ts'
import { engineId } from './EngineId.ts'
import { EngineClosed } from './errors.ts'
import type { RunResult } from './Jobs.ts'

export type NullOptions = {
  text: string
  unitsIn: number
  unitsOut: number
  /** Into how many pieces the text is cut for streaming. Default 1. */
  pieces?: number
}

/**
 * An engine without a model that gives one fixed text at once. It exists to measure what everything around an engine
 * costs and must never be offered to anybody: its id says that nothing was computed.
 */
export function create({ text, unitsIn, unitsOut, pieces = 1 }: NullOptions): Engine {
  const exited = deferred<Error>()
  let closed: EngineClosed | undefined
  let idleSince = Date.now()
  const size = Math.max(1, Math.ceil(text.length / pieces))
  const parts = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))

  const run = async (
    _request: EngineRequest.EngineRequest,
    { signal, onText }: RunOptions = {},
  ): Promise<RunResult> => {
    if (closed) throw closed
    idleSince = Date.now()
    let given = 0
    while (given < parts.length && !signal?.aborted) {
      given += 1
      onText?.(parts[given - 1] as string, Math.ceil((unitsOut * given) / parts.length))
    }
    const finishReason = given < parts.length ? 'abort' : 'stop'
    const units = { in: unitsIn, out: Math.ceil((unitsOut * given) / parts.length), ms: 0 }
    return { answer: { kind: 'text', text: parts.slice(0, given).join(''), finishReason }, units, finishReason }
  }
  const close = async () => {
    closed ??= new EngineClosed()
    exited.resolve(closed)
  }
  return {
    info,
    count: async () => unitsIn,
    run,
    load: { active: 0, queued: 0 },
    get idleSince() {
      return idleSince
    },
    pid: undefined,
    exited: exited.promise,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const info: Engine['info'] = {
  task: 'text-generation',
  engine: engineId({ name: 'null', version: '0', ort: 'none', dtype: 'none', device: 'none' }),
  name: 'null (benchmarks only)',
  sandbox: {
    kind: 'none',
    why: 'Nothing is run.',
    hidesNetwork: true,
    hidesFiles: true,
    limitsMemory: true,
  },
  contextLength: 4096,
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
