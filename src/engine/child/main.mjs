// @ts-check
import { Console } from 'node:console'
import { env, LogLevel } from '@huggingface/transformers'
import { describe } from './failures.mjs'
import { readFrames, writeFrame } from './frames.mjs'

// Standard output carries frames only; whatever a library has to say goes to standard error.
globalThis.console = new Console(process.stderr)
env.allowRemoteModels = false
env.allowLocalModels = true
env.useFSCache = false
env.useBrowserCache = false
env.logLevel = LogLevel.NONE

const loaders = {
  'text-generation': () => import('./text-generation.mjs'),
  'feature-extraction': () => import('./feature-extraction.mjs'),
  'text-classification': () => import('./text-classification.mjs'),
  'image-classification': () => import('./image-classification.mjs'),
}

/** @type {any} */
let model
/** Requests under way, and whether each was aborted. @type {Map<number, {aborted: boolean}>} */
const jobs = new Map()
/** @param {unknown} message */
const send = (message) => writeFrame(process.stdout, message)

const operations = {
  /** @param {{dir: string, task: keyof typeof loaders, dtype: string, threads: number, pooling: 'mean' | 'cls' | 'last'}} order */
  async load({ dir, task, dtype, threads, pooling }) {
    try {
      const { load } = await loaders[task]()
      const session_options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential' }
      model = await load(dir, { dtype, device: 'cpu', local_files_only: true, session_options }, { pooling })
      send({ op: 'ready', ...model.facts })
    } catch (error) {
      send({ op: 'refused', ...describe(error) })
    }
  },

  /** @param {{id: number, request: any}} order */
  async count({ id, request }) {
    try {
      send({ op: 'counted', id, units: await model.count(request) })
    } catch (error) {
      send({ op: 'failed', id, ...describe(error) })
    }
  },

  /** @param {{id: number, request: any}} order */
  async run({ id, request }) {
    const job = { aborted: false }
    jobs.set(id, job)
    const hooks = {
      isAborted: () => job.aborted,
      onText: (/** @type {string} */ text, /** @type {number} */ unitsOut) => send({ op: 'text', id, text, unitsOut }),
    }
    try {
      send({ op: 'done', id, ...(await model.run(request, hooks)) })
    } catch (error) {
      if (job.aborted) send({ op: 'done', id, unitsIn: 0, unitsOut: 0, finishReason: 'abort' })
      else send({ op: 'failed', id, ...describe(error) })
    } finally {
      jobs.delete(id)
    }
  },

  /** @param {{id: number}} order */
  abort({ id }) {
    const job = jobs.get(id)
    if (job) job.aborted = true
  },
}

readFrames(process.stdin, (message) => {
  const operation = operations[/** @type {keyof typeof operations} */ (message.op)]
  void operation(message)
})
process.stdin.on('end', () => process.exit(0))
