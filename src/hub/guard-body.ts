import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { BodyTooSlow } from './errors.ts'

/** Passes a body on, and gives up on a sender who stalls or trickles (slow-loris). */
export async function* guardBody(
  body: Readable,
  { stallMs, bytesPerSecond }: { stallMs: number; bytesPerSecond: number },
): AsyncGenerator<Uint8Array> {
  // A body that is given up stays open, because its socket still has to carry the answer.
  const source = body.iterator({ destroyOnReturn: false })
  const startedAt = performance.now()
  let received = 0
  for (;;) {
    const { done, value } = (await within(source.next(), stallMs)) as IteratorResult<Uint8Array, undefined>
    if (done) return
    received += value.length
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs > stallMs && (received * 1000) / elapsedMs < bytesPerSecond) throw new BodyTooSlow()
    yield value
  }
}

const within = async <T>(step: Promise<T>, timeoutMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new BodyTooSlow()), timeoutMs)
  })
  try {
    return await Promise.race([step, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What is left of a body that was answered early is read for so long and no longer: some clients look for the answer only afterwards. */
export const limitRest = (app: FastifyInstance, restMs: number): void => {
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.complete) return
    const timer = setTimeout(() => raw.destroy(), restMs)
    timer.unref()
    raw.once('close', () => clearTimeout(timer))
  })
}
