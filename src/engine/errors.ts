import { BadInput, DehugError, Fault, Unavailable } from '../core/index.ts'

/** The engine's process ended or broke the protocol; whatever it was doing is lost and costs nothing. */
export class EngineCrashed extends Unavailable {
  constructor(message: string, details: Record<string, unknown> = {}) {
    super(message, { code: 'engine_crashed', hint: 'Send the request again; the engine is started anew.', details })
  }
}

/** The model's computation failed on this request; the engine goes on. */
export class ModelFailed extends Fault {
  constructor(message: string) {
    super(message, { code: 'model_failed', hint: 'Try another input; if all fail, the model itself is broken.' })
  }
}

/** The model asked for more memory than it may have. */
export class EngineOutOfMemory extends Fault {
  constructor(message: string, memoryBytes: number) {
    super(message, {
      code: 'engine_out_of_memory',
      hint: 'Send a smaller request, or give the engine more memory (limits.memoryBytes).',
      details: { memoryBytes },
    })
  }
}

/** The model took longer than it may; it was stopped, or killed where it did not react. */
export class EngineTimeout extends DehugError {
  constructor(what: 'load' | 'request' | 'count', timeoutMs: number) {
    super(`The model did not finish its ${what} within ${timeoutMs} ms and was stopped.`, {
      code: 'engine_timeout',
      status: 504,
      retryable: what !== 'load',
      hint: what === 'load' ? 'Raise limits.loadTimeoutMs, or check the model.' : 'Ask for fewer tokens or inputs.',
      details: { what, timeoutMs },
    })
  }
}

/** All places are taken and the queue is full, or the engine is coming back after a crash. */
export class EngineBusy extends Unavailable {
  constructor(message: string, retryAfterMs: number) {
    super(message, {
      code: 'engine_busy',
      hint: `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
      details: { retryAfterMs },
    })
  }
}

/** The engine was closed, by its owner or because it was idle. */
export class EngineClosed extends Unavailable {
  constructor() {
    super('The engine is closed.', { code: 'engine_closed', hint: 'Start it again.' })
  }
}

/** The files cannot be served as a model: missing, corrupt, unsafe, or of a kind that is not loaded here. */
export class ModelRefused extends DehugError {
  constructor(message: string, hint?: string) {
    super(message, { code: 'model_refused', status: 422, hint })
  }
}

/** The model cannot take this request, e.g. because the prompt is too long. */
export class RequestRefused extends BadInput {
  constructor(message: string) {
    super(message, { code: 'request_refused' })
  }
}
