import { PassThrough } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { DehugError } from '../core/index.ts'

/** Bodies of this plugin are read whole; a sender who trickles (slow-loris) holds a socket no longer than this. */
export function limitBodyTime(app: FastifyInstance, bodyMs: number): void {
  app.addHook('preParsing', async (_request, reply, payload) => {
    const body = new PassThrough()
    const timer = setTimeout(() => {
      reply.header('connection', 'close')
      body.destroy(new BodyTooSlow(bodyMs))
    }, bodyMs)
    const done = () => clearTimeout(timer)
    body.once('close', done)
    // Some requests are answered without a look at their body; then nobody else listens for its errors either.
    reply.raw.once('close', done)
    body.on('error', () => undefined)
    payload.once('error', (error) => body.destroy(error))
    return payload.pipe(body)
  })
  // The rest of a body that was answered early is not read for ever.
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.complete) return
    const timer = setTimeout(() => raw.socket.destroy(), bodyMs)
    timer.unref()
    raw.once('close', () => clearTimeout(timer))
  })
}

/** The request was not there in time. */
export class BodyTooSlow extends DehugError {
  constructor(bodyMs: number) {
    super(`The body did not arrive within ${bodyMs / 1000} s.`, {
      code: 'body_too_slow',
      status: 408,
      retryable: true,
      hint: 'Send it again over a faster connection.',
    })
  }
}
