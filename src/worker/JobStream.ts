import type { ServerResponse } from 'node:http'
import { ProviderWire } from '../wire/index.ts'

/** Where a job's text goes while it is made. */
export type JobStream = {
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
  /** Called by the engine for each piece of text. */
  onText(delta: string, unitsOut: number): void
  /** More units are paid for now. */
  allow(unitsOut: number): void
  /** Resolves when nothing waits for money any more; false when the wait was in vain. */
  settled(): Promise<boolean>
  /** Resolves when the wait for money was in vain. */
  readonly starved: AbortSignal
  /** What has left this process. */
  written(): { text: string; unitsOut: number }
}

/** The stream of a request that wants one JSON answer: nothing is written before the end. */
export const silent = (gone: AbortSignal): JobStream => ({
  gone,
  starved: new AbortController().signal,
  onText: () => undefined,
  allow: () => undefined,
  settled: async () => true,
  written: () => ({ text: '', unitsOut: 0 }),
})

export type StreamOptions = {
  gone: AbortSignal
  /** Units out that are paid for so far. */
  paidUnits: number
  /** How long to wait for more money. */
  waitMs: number
  /** Called once each time the units run out. Answers with what the `ceiling` event says. */
  onPause: () => Promise<Omit<(typeof ProviderWire.StreamEvents.ceiling)['_output'], 'waitMs'>>
}

/** Server-sent events. Text that is not paid for yet waits here. */
export function open(response: ServerResponse, options: StreamOptions): JobStream {
  const { gone, waitMs } = options
  const starved = new AbortController()
  const waiting: { delta: string; unitsOut: number }[] = []
  const flushed = { text: '', unitsOut: 0 }
  let paid = options.paidUnits
  let timer: NodeJS.Timeout | undefined
  let wake: (() => void)[] = []

  const write = (text: string, unitsOut: number) => {
    response.write(ProviderWire.sseEvent('delta', { text, unitsOut }), (error) => {
      if (error || gone.aborted) return
      flushed.text += text
      flushed.unitsOut = unitsOut
    })
  }
  const wakeAll = () => {
    for (const resume of wake) resume()
    wake = []
  }
  const pause = async () => {
    timer = setTimeout(() => {
      starved.abort()
      wakeAll()
    }, waitMs)
    try {
      response.write(ProviderWire.sseEvent('ceiling', { ...(await options.onPause()), waitMs }))
    } catch {
      starved.abort()
    }
  }

  return {
    gone,
    starved: starved.signal,
    onText: (text, unitsOut) => {
      if (gone.aborted) return
      if (waiting.length === 0 && unitsOut <= paid) return write(text, unitsOut)
      waiting.push({ delta: text, unitsOut })
      if (waiting.length === 1) void pause()
    },
    allow: (unitsOut) => {
      paid = Math.max(paid, unitsOut)
      while (waiting[0] && waiting[0].unitsOut <= paid) {
        const { delta, unitsOut: upTo } = waiting.shift() as { delta: string; unitsOut: number }
        write(delta, upTo)
      }
      clearTimeout(timer)
      if (waiting.length > 0) void pause()
      else wakeAll()
    },
    settled: async () => {
      while (waiting.length > 0 && !starved.signal.aborted && !gone.aborted) {
        await new Promise<void>((resume) => {
          wake.push(resume)
          gone.addEventListener('abort', () => resume(), { once: true })
        })
      }
      clearTimeout(timer)
      return waiting.length === 0
    },
    written: () => ({ ...flushed }),
  }
}
