import { BodyTooSlow } from './errors.ts'

/** Passes a body on, and gives up on a sender who stalls or trickles (slow-loris). */
export async function* guardBody(
  body: AsyncIterable<Uint8Array>,
  { stallMs, bytesPerSecond }: { stallMs: number; bytesPerSecond: number },
): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]()
  const startedAt = performance.now()
  let received = 0
  try {
    for (;;) {
      const { done, value } = await within(source.next(), stallMs)
      if (done) return
      received += value.length
      const elapsedMs = performance.now() - startedAt
      if (elapsedMs > stallMs && (received * 1000) / elapsedMs < bytesPerSecond) throw new BodyTooSlow()
      yield value
    }
  } finally {
    await source.return?.()
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
