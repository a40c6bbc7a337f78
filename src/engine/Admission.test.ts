import { describe, expect, test } from 'vitest'
import { Admission } from './Admission.ts'
import { EngineBusy } from './errors.ts'

describe('Admission', () => {
  test('behavior: lets in up to its places, then in the order of arrival', async () => {
    const admission = new Admission({ maxActive: 1, maxQueue: 2 })
    const order: string[] = []
    await admission.enter()
    const second = admission.enter().then(() => order.push('second'))
    const third = admission.enter().then(() => order.push('third'))
    expect([admission.active, admission.queued]).toEqual([1, 2])
    admission.release(10)
    await second
    admission.release(10)
    await third
    admission.release(10)
    expect(order).toEqual(['second', 'third'])
    expect([admission.active, admission.queued]).toEqual([0, 0])
  })

  test('behavior: who gives up leaves the queue', async () => {
    const admission = new Admission({ maxActive: 1, maxQueue: 2 })
    await admission.enter()
    const giveUp = new AbortController()
    const waiting = admission.enter(giveUp.signal)
    giveUp.abort()
    expect(await waiting).toBe(false)
    expect(await admission.enter(AbortSignal.abort())).toBe(false)
    expect([admission.active, admission.queued]).toEqual([1, 0])
  })

  test('error: a full queue says when to come back, the later the longer requests take', async () => {
    const admission = new Admission({ maxActive: 1, maxQueue: 0 })
    await admission.enter()
    const busy = await admission.enter().catch((error: unknown) => error)
    expect(busy).toBeInstanceOf(EngineBusy)
    expect(busy).toMatchObject({
      message: 'The engine is busy: 1 requests are running and 0 are waiting.',
      status: 503,
      retryable: true,
      hint: 'Try again in 1 s.',
      details: { retryAfterMs: 100 },
    })
    for (let i = 0; i < 50; i += 1) admission.release(8000)
    expect(admission.retryAfterMs()).toBeGreaterThan(7000)
  })
})
