import type { Job, Told } from './messages.ts'

const tell = (told: Told) => self.postMessage(told)

/** The engine is loaded behind the listener: it takes its time, and a job that came meanwhile would be lost. */
async function run(job: Job): Promise<void> {
  try {
    const { perform } = await import('./engine.ts')
    await perform(job, tell)
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    tell({ id: job.id, kind: 'failed', message: message ?? String(error), ...(code ? { code } : {}) })
  }
}

/** One job at a time: the next may need another model in the same memory. */
let queue = Promise.resolve()

self.addEventListener('message', ({ data: job }: MessageEvent<Job>) => {
  queue = queue.then(() => run(job))
})
