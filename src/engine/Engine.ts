import type { EngineRequest, Hex } from '../core/index.ts'
import type { RunResult } from './Jobs.ts'
import type { Dtype } from './ModelDir.ts'
import type * as Sandbox from './Sandbox.ts'

type Request = EngineRequest.EngineRequest

/** Bounds of one engine; the defaults suit small models. */
export type EngineLimits = {
  /** What the process may use in all, Node included (about 150 MiB). Default 2 GiB. */
  memoryBytes: number
  /** CPU seconds over its whole life; none by default. */
  cpuSeconds?: number
  /** Default 60 s. */
  loadTimeoutMs: number
  /** From its start to its end, without waiting in the queue. Default 120 s. */
  requestTimeoutMs: number
  /** How long a request past its time may take to react to being stopped before its process is killed. Default 2 s. */
  abortGraceMs: number
  /** Length of one text answer. Default 4 MiB. */
  maxAnswerBytes: number
  /** Threads of one computation. Default 1. */
  threads: number
}

export type EngineOptions = {
  /** Folder of the model, laid out as on Hugging Face. Its files must be verified already. */
  dir: string
  /** Told from `config.json` where not given. */
  task?: EngineRequest.Task
  /** Which weights; the most exact ones by default. */
  dtype?: Dtype
  limits?: Partial<EngineLimits>
  /** Requests worked on at once: 4 for text generation, else 16, which are batched. */
  maxConcurrent?: number
  /** Requests that may wait. Default 32. */
  maxQueue?: number
  sandbox?: Sandbox.Kind | 'auto'
  /** Seed of sampled requests that bring none, below 2³²; from the system's randomness by default. */
  randomSeed?: () => number
}

export type EngineInfo = {
  task: EngineRequest.Task
  /** Hash that receipts carry; see `engineId`. */
  engine: Hex
  /** For people, e.g. `transformers.js 4.3.1 fp32`. */
  name: string
  sandbox: Sandbox.Report
  /** Most tokens of prompt and answer together, or of one input; null for images. */
  contextLength: number | null
}

export type RunOptions = {
  /** Stops the work within a token or two; the result is then what was written so far, `finishReason` 'abort'. */
  signal?: AbortSignal
  /** Each new piece of text, and how many tokens were sampled so far. */
  onText?: (delta: string, unitsOut: number) => void
}

/**
 * One model that is ready to answer.
 *
 * Units: `in` tokens of the prompt (chat template included) or of all inputs, pictures for image classification;
 * `out` tokens sampled, the one that ends the answer included, 0 where no text is made; `ms` time of the work.
 */
export type Engine = AsyncDisposable & {
  readonly info: EngineInfo
  /** The units `in` of a request. Throws `RequestRefused`. */
  count(request: Request): Promise<number>
  /**
   * Answers. Throws `EngineBusy` when the queue is full, `RequestRefused` when the model cannot take the request,
   * `EngineCrashed`, `EngineOutOfMemory` or `EngineTimeout` when it fails; a failed request costs nothing.
   */
  run(request: Request, options?: RunOptions): Promise<RunResult>
  /** Requests running and waiting. */
  readonly load: { active: number; queued: number }
  /** Since when nothing was asked (ms of `Date.now`), or null while something runs. */
  readonly idleSince: number | null
  /** Process id of the sandbox, for measurements. */
  readonly pid: number | undefined
  /** Why the engine ended; never rejects. */
  readonly exited: Promise<Error>
  /** Ends the process; requests under way fail with `EngineClosed`. */
  close(): Promise<void>
}
