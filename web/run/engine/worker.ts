import type { Job, Keep, Told } from './messages.ts'

const tell = (told: Told) => self.postMessage(told)

/** The engine is loaded behind the listener: it takes its time, and a job that came meanwhile would be lost. */
async function run(job: Job | Keep): Promise<void> {
  try {
    const { keep, perform } = await import('./engine.ts')
    if ('request' in job) return await perform(job, tell)
    await keep()
    tell({ id: job.id, kind: 'kept' })
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    tell({ id: job.id, kind: 'failed', message: message ?? String(error), ...(code ? { code } : {}) })
  }
}

/** One job at a time: the next may need another model in the same memory. */
let queue = Promise.resolve()

self.addEventListener('message', ({ data: job }: MessageEvent<Job | Keep>) => {
  queue = queue.then(() => run(job))
})
