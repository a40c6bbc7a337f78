import { setTimeout as delay } from 'node:timers/promises'

/** Does something again and again with a pause between, until stopped; `onError` hears of what it throws. */
export function every(
  pauseMs: number,
  work: (signal: AbortSignal) => Promise<unknown>,
  onError: (error: unknown) => void,
) {
  const controller = new AbortController()
  const { signal } = controller
  const run = async () => {
    while (!signal.aborted) {
      await work(signal).catch((error) => {
        if (!signal.aborted) onError(error)
      })
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    stop: async () => {
      controller.abort()
      await running
    },
  }
}
