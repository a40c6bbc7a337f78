import { randomInt } from 'node:crypto'
import { BadInput, type EngineRequest } from '../core/index.ts'
import { Admission } from './Admission.ts'
import { emptyAnswer } from './Answers.ts'
import * as Child from './Child.ts'
import type { Engine, EngineInfo, EngineLimits, EngineOptions, RunOptions } from './Engine.ts'
import { engineId, transformersFacts } from './EngineId.ts'
import { EngineBusy, EngineClosed, EngineTimeout, RequestRefused } from './errors.ts'
import { BadFrame } from './Frame.ts'
import { exitError, failureError } from './failures.ts'
import { type Job, type RunResult, resultOf, takeText } from './Jobs.ts'
import type { Message } from './Message.ts'
import * as ModelDir from './ModelDir.ts'
import * as Sandbox from './Sandbox.ts'

type Request = EngineRequest.EngineRequest

const defaults: EngineLimits = {
  memoryBytes: 2 * 2 ** 30,
  loadTimeoutMs: 60_000,
  requestTimeoutMs: 120_000,
  abortGraceMs: 2_000,
  maxAnswerBytes: 4 * 2 ** 20,
  threads: 1,
}

/** Token counts that may be under way at once; they are quick, so more means that something is wrong. */
const maxCounts = 256

/**
 * Starts a sandboxed process with the model of a folder. Throws `ModelRefused`, `EngineOutOfMemory`, `EngineTimeout`,
 * or `BadInput` when the sandbox asked for does not work here.
 */
export const start = (options: EngineOptions): Promise<Engine> => startProgram(options, Sandbox.childEntry)

/** As `start`, with another program inside; tests use it to play a child that lies. */
export async function startProgram(options: EngineOptions, entry: string): Promise<Engine> {
  const limits = { ...defaults, ...options.limits }
  const model = await ModelDir.inspect(options.dir, { ...options, memoryBytes: limits.memoryBytes })
  const want = options.sandbox ?? 'auto'
  const sandbox = await Sandbox.probe({ want })
  if (want !== 'auto' && sandbox.kind !== want) {
    throw new BadInput(`The sandbox "${want}" does not work here. ${sandbox.why}`, { code: 'no_sandbox' })
  }
  if (sandbox.kind === 'uid') await ModelDir.assertReadableByOthers(model.dir)
  const engine = new OnnxEngine({ model, sandbox, limits, options, entry })
  await engine.ready
  return engine
}

type Setup = {
  model: ModelDir.ModelDir
  sandbox: Sandbox.Report
  limits: EngineLimits
  options: EngineOptions
  entry: string
}

type Pending<T> = { resolve: (value: T) => void; reject: (error: unknown) => void }

/** Owns one child process and what is asked of it. */
class OnnxEngine implements Engine {
  readonly info: EngineInfo
  readonly exited: Promise<Error>
  readonly ready: Promise<void>
  idleSince: number | null = null
  readonly #limits: EngineLimits
  readonly #child: Child.Child
  readonly #admission: Admission
  readonly #jobs = new Map<number, Job>()
  readonly #counts = new Map<number, Pending<number>>()
  readonly #randomSeed: () => number
  #loading: Pending<void> | undefined
  #lastId = 0
  /** Why it ended. What was decided here goes before what the process said. */
  #ended: Error | undefined

  constructor({ model, sandbox, limits, options, entry }: Setup) {
    const facts = transformersFacts(model.dtype)
    const name = `${facts.name} ${facts.version} ${facts.dtype}`
    this.info = { task: model.task, engine: engineId(facts), name, sandbox, contextLength: null }
    this.#limits = limits
    this.#randomSeed = options.randomSeed ?? (() => randomInt(2 ** 32))
    const maxActive = options.maxConcurrent ?? (model.task === 'text-generation' ? 4 : 16)
    this.#admission = new Admission({ maxActive, maxQueue: options.maxQueue ?? 32 })
    const inside = { entry, modelDir: model.dir, limits }
    this.#child = Child.start(Sandbox.command(sandbox, inside), (message) => this.#receive(message))
    this.exited = this.#child.exited.then((exit) => this.#bury(exit))
    this.ready = this.#load({ ...model, dir: Sandbox.modelPath(sandbox.kind, model.dir) })
  }

  get load() {
    return { active: this.#admission.active, queued: this.#admission.queued }
  }

  get pid() {
    return this.#child.pid
  }

  async count(request: Request): Promise<number> {
    this.#assertServes(request)
    if (this.#counts.size >= maxCounts) throw new EngineBusy('Too many token counts are under way.', 1000)
    const id = this.#nextId()
    const { requestTimeoutMs } = this.#limits
    const counted = new Promise<number>((resolve, reject) => {
      this.#counts.set(id, { resolve, reject })
      this.#ask({ op: 'count', id, request })
    })
    const onLate = () => this.#end(new EngineTimeout('count', requestTimeoutMs))
    return withTimer(requestTimeoutMs, onLate, counted).finally(() => this.#counts.delete(id))
  }

  async run(request: Request, options: RunOptions = {}): Promise<RunResult> {
    this.#assertServes(request)
    const hasPlace = await this.#admission.enter(options.signal)
    if (!hasPlace) return { answer: emptyAnswer(request), units: { in: 0, out: 0, ms: 0 }, finishReason: 'abort' }
    const startedAt = performance.now()
    this.idleSince = null
    try {
      this.#assertServes(request)
      return await this.#dispatch(request, startedAt, options)
    } finally {
      this.#admission.release(performance.now() - startedAt)
      if (this.#admission.active === 0) this.idleSince = Date.now()
    }
  }

  async close(): Promise<void> {
    this.#end(new EngineClosed())
    await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #load({ dir, task, dtype, pooling }: ModelDir.ModelDir): Promise<void> {
    const { loadTimeoutMs, threads } = this.#limits
    const loading = new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject }
    })
    this.#child.send({ op: 'load', dir, task, dtype, pooling, threads })
    try {
      await withTimer(loadTimeoutMs, () => this.#end(new EngineTimeout('load', loadTimeoutMs)), loading)
    } catch (error) {
      this.#end(error as Error)
      await this.exited
      throw error
    }
  }

  async #dispatch(request: Request, startedAt: number, { signal, onText }: RunOptions): Promise<RunResult> {
    const id = this.#nextId()
    const { requestTimeoutMs } = this.#limits
    const isLate = { value: false }
    const abort = () => this.#child.send({ op: 'abort', id })
    const timer = setTimeout(() => {
      isLate.value = true
      abort()
      this.#killIfStuck(id)
    }, requestTimeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const result = await new Promise<RunResult>((resolve, reject) => {
        this.#jobs.set(id, { request, startedAt, text: '', unitsOut: 0, onText, resolve, reject })
        this.#ask({ op: 'run', id, request: this.#seeded(request) })
        if (signal?.aborted) abort()
      })
      if (isLate.value) throw new EngineTimeout('request', requestTimeoutMs)
      return result
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      this.#jobs.delete(id)
    }
  }

  /**
   * A child that does not react to an abort in time hangs in the model's own code. Only lateness leads here: killing for
   * one client that leaves would fail the others whose requests share a long batch.
   */
  #killIfStuck(id: number): void {
    const { abortGraceMs, requestTimeoutMs } = this.#limits
    const timer = setTimeout(() => {
      if (this.#jobs.has(id)) this.#end(new EngineTimeout('request', requestTimeoutMs))
    }, abortGraceMs)
    timer.unref()
  }

  #ask(message: { op: 'run' | 'count'; id: number; request: Request }): void {
    try {
      this.#child.send(message)
    } catch (cause) {
      throw cause instanceof BadFrame ? new RequestRefused(`The request is too large: ${cause.message}`) : cause
    }
  }

  #receive(message: Message): void {
    const wrong = this.#take(message)
    if (wrong !== undefined) this.#child.kill(wrong)
  }

  /** Acts on a message; returns what is wrong with it, if anything is. */
  #take(message: Message): string | undefined {
    switch (message.op) {
      case 'ready':
      case 'refused':
        return this.#takeLoaded(message)
      case 'counted':
        return this.#takeCount(message.id, (pending) => pending.resolve(message.units))
      case 'text':
        return this.#takeText(message)
      case 'done': {
        const job = this.#jobs.get(message.id)
        if (!job) return 'it answered a request that nobody made'
        const result = resultOf(job, message, { contextLength: this.info.contextLength, now: performance.now() })
        if (typeof result === 'string') return result
        if (job.failure) job.reject(job.failure.cause)
        else job.resolve(result)
        return undefined
      }
      case 'failed': {
        const error = failureError(message, this.#limits.memoryBytes)
        const job = this.#jobs.get(message.id)
        if (!job) return this.#takeCount(message.id, (pending) => pending.reject(error))
        job.reject(error)
        return undefined
      }
    }
  }

  #takeText(message: Extract<Message, { op: 'text' }>): string | undefined {
    const job = this.#jobs.get(message.id)
    if (!job) return 'it answered a request that nobody made'
    const wrong = takeText(job, message, this.#limits.maxAnswerBytes)
    if (job.failure) this.#child.send({ op: 'abort', id: message.id })
    return wrong
  }

  #takeLoaded(message: Extract<Message, { op: 'ready' | 'refused' }>): string | undefined {
    if (!this.#loading) return 'it loaded twice'
    if (message.op === 'refused') this.#loading.reject(failureError(message, this.#limits.memoryBytes))
    else {
      this.info.contextLength = message.contextLength
      this.idleSince = Date.now()
      this.#loading.resolve()
    }
    this.#loading = undefined
    return undefined
  }

  #takeCount(id: number, settle: (pending: Pending<number>) => void): string | undefined {
    const pending = this.#counts.get(id)
    if (!pending) return 'it answered a request that nobody made'
    this.#counts.delete(id)
    settle(pending)
    return undefined
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#child.kill()
  }

  /** Fails whatever was under way when the process ended. */
  #bury(exit: Child.Exit): Error {
    this.#ended ??= exitError(exit, this.#limits.memoryBytes)
    const error = this.#ended
    for (const pending of [this.#loading, ...this.#counts.values(), ...this.#jobs.values()]) pending?.reject(error)
    this.#counts.clear()
    return error
  }

  #assertServes(request: Request): void {
    if (this.#ended) throw this.#ended
    if (request.task === this.info.task) return
    throw new BadInput(`This model does ${this.info.task}, not ${request.task}.`, { code: 'wrong_task' })
  }

  #seeded(request: Request): Request {
    const isSampled = request.task === 'text-generation' && request.temperature > 0 && request.seed === undefined
    return isSampled ? { ...request, seed: this.#randomSeed() } : request
  }

  #nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }
}

async function withTimer<T>(timeoutMs: number, onLate: () => void, work: Promise<T>): Promise<T> {
  const timer = setTimeout(onLate, timeoutMs)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}
