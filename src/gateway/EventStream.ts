import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { DehugError } from '../core/index.ts'
import { openAiBody } from './answer-error.ts'
import { receiptJson } from './Journal.ts'
import type { Outcome } from './Order.ts'

/** Server-sent events to a caller; the response starts with the first of them, so that errors before it have a status. */
export type EventStream = {
  readonly hasStarted: boolean
  /** Sends one `data:` event of ready JSON; the promise says when the caller keeps up again. */
  send(json: string): Promise<unknown> | undefined
  /** The receipt as a comment, which every client skips: last but for `[DONE]`. */
  receipt(outcome: Outcome): void
  end(last?: string): void
}

export function open(reply: FastifyReply, headers: () => Record<string, string>): EventStream {
  const { raw } = reply
  let hasStarted = false
  const start = (): void => {
    if (hasStarted) return
    hasStarted = true
    reply.headers(headers())
    reply.hijack()
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
  }
  const write = (text: string): Promise<unknown> | undefined => {
    start()
    if (raw.destroyed) return undefined
    return raw.write(text) ? undefined : drained(raw)
  }
  return {
    get hasStarted() {
      return hasStarted
    },
    send: (json) => write(`data: ${json}\n\n`),
    receipt: ({ signed }) => void write(`: dehug-receipt ${JSON.stringify(receiptJson(signed))}\n\n`),
    end: (last = '') => {
      start()
      raw.end(last)
    },
  }
}

/** Resolves when the caller has read enough, or is gone. */
const drained = (raw: ServerResponse): Promise<unknown> => {
  const done = new AbortController()
  const { signal } = done
  return Promise.race([once(raw, 'drain', { signal }), once(raw, 'close', { signal })])
    .catch(() => {})
    .finally(() => done.abort())
}

/** Ends a stream that has begun with the error as OpenAI's clients read it; others throw it on, for a status. */
export function fail(stream: EventStream, error: unknown): void {
  if (!stream.hasStarted) throw error
  const ours = error instanceof DehugError ? error : new DehugError('Something went wrong on our side.', fault)
  void stream.send(JSON.stringify(openAiBody(ours)))
  stream.end()
}

const fault = { code: 'fault', status: 500 }
