import type { ServerResponse } from 'node:http'
import { ProviderWire } from '../wire/index.ts'
import type { Stop } from './Stop.ts'

/** Where a job's text goes while it is made. */
export type JobStream = {
  /** Ends the job early. */
  readonly stop: Stop
  /** Whether text waits for a higher voucher. */
  readonly paused: boolean
  /** Called by the engine for each piece of text. */
  onText(delta: string, unitsOut: number): void
  /** More units are paid for now. */
  allow(unitsOut: number): void
  /** Resolves when no text waits for money any more, or the job was stopped. */
  settled(): Promise<void>
  /** What has left this process. */
  written(): { text: string; unitsOut: number }
}

/** The stream of a request that wants one JSON answer: nothing is written before the end. */
export const silent = (stop: Stop): JobStream => ({
  stop,
  paused: false,
  onText: () => undefined,
  allow: () => undefined,
  settled: async () => undefined,
  written: () => ({ text: '', unitsOut: 0 }),
})

export type StreamOptions = {
  stop: Stop
  /** Units out that are paid for so far. */
  paidUnits: number
  /** How long to wait for more money. */
  waitMs: number
  /** Called each time the units run out. Answers with what the `ceiling` event says. */
  onPause: () => Promise<Omit<(typeof ProviderWire.StreamEvents.ceiling)['_output'], 'waitMs'>>
}

/** Server-sent events. Text that is not paid for yet waits here. */
export function open(response: ServerResponse, options: StreamOptions): JobStream {
  const { stop, waitMs } = options
  const waiting: { text: string; unitsOut: number }[] = []
  const flushed = { text: '', unitsOut: 0 }
  let paid = options.paidUnits
  let timer: NodeJS.Timeout | undefined
  let wake: () => void = () => undefined
  stop.signal.addEventListener('abort', () => wake(), { once: true })

  const write = (text: string, unitsOut: number) => {
    response.write(ProviderWire.sseEvent('delta', { text, unitsOut }), (error) => {
      if (error || stop.reason === 'gone') return
      flushed.text += text
      flushed.unitsOut = unitsOut
    })
  }
  const pause = async () => {
    timer = setTimeout(() => stop.because('starved'), waitMs)
    try {
      response.write(ProviderWire.sseEvent('ceiling', { ...(await options.onPause()), waitMs }))
    } catch {
      stop.because('starved')
    }
  }

  return {
    stop,
    get paused() {
      return waiting.length > 0
    },
    onText: (text, unitsOut) => {
      if (stop.reason) return
      if (waiting.length === 0 && unitsOut <= paid) return write(text, unitsOut)
      waiting.push({ text, unitsOut })
      if (waiting.length === 1) void pause()
    },
    allow: (unitsOut) => {
      paid = Math.max(paid, unitsOut)
      clearTimeout(timer)
      for (let next = waiting[0]; next && next.unitsOut <= paid; next = waiting[0]) {
        waiting.shift()
        write(next.text, next.unitsOut)
      }
      if (waiting.length > 0) void pause()
      else wake()
    },
    settled: async () => {
      while (waiting.length > 0 && !stop.reason) {
        await new Promise<void>((resume) => {
          wake = resume
        })
      }
      clearTimeout(timer)
    },
    written: () => ({ ...flushed }),
  }
}
