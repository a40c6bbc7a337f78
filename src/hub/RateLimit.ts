import type { FastifyReply, FastifyRequest } from 'fastify'
import { DehugError } from '../core/index.ts'

/** At most `requests` in a window of `seconds`. */
export type Rate = { requests: number; seconds: number }

/** Files are asked for much more often than anything else, so they are counted by themselves. */
export type Rates = { api: Rate; resolvers: Rate }

type Window = { used: number; endsAt: number }

/** What a caller has used of a limit. */
export type Use = { name: keyof Rates; rate: Rate; left: number; resetSeconds: number; refused: boolean }

/** Callers that are remembered at once; the ones that began first are forgotten first. */
const mostCallers = 100_000

/**
 * Counts requests per caller in fixed windows, in this process: a hub of several processes allows so many times more.
 */
export const rateLimiter = (rates: Rates, nowMs: () => number) => {
  const windows = new Map<string, Window>()
  return (caller: string, name: keyof Rates): Use => {
    const rate = rates[name]
    const key = `${name} ${caller}`
    const now = nowMs()
    const known = windows.get(key)
    const window = known && known.endsAt > now ? known : { used: 0, endsAt: now + rate.seconds * 1000 }
    if (window !== known) {
      windows.delete(key)
      windows.set(key, window)
      const first = windows.size > mostCallers ? windows.keys().next().value : undefined
      if (first !== undefined) windows.delete(first)
    }
    window.used += 1
    const left = Math.max(0, rate.requests - window.used)
    const resetSeconds = Math.ceil((window.endsAt - now) / 1000)
    return { name, rate, left, resetSeconds, refused: window.used > rate.requests }
  }
}

/** Routes that serve files, and the protocols that move them. */
const serves = /\/(resolve|raw)\/|\/info\/lfs\/|^\/(xet|v2)\/|^\/api\/dehug\/uploads\//

/** Which limit a request counts against. */
export const limitOf = (request: FastifyRequest): keyof Rates => (serves.test(request.url) ? 'resolvers' : 'api')

/** Says in the answer how much is left, and refuses where nothing is. Throws {@link TooManyRequests}. */
export const apply = (reply: FastifyReply, use: Use): void => {
  const { name, rate, left, resetSeconds } = use
  reply.headers({
    ratelimit: `"${name}";r=${left};t=${resetSeconds}`,
    'ratelimit-policy': `"fixed window";"${name}";q=${rate.requests};w=${rate.seconds}`,
  })
  if (!use.refused) return
  reply.header('retry-after', resetSeconds)
  throw new TooManyRequests(use)
}

/** The caller asked more often than is allowed. */
export class TooManyRequests extends DehugError {
  constructor({ rate, resetSeconds }: Use) {
    super(`More than ${rate.requests} requests in ${rate.seconds} seconds.`, {
      code: 'too_many_requests',
      status: 429,
      retryable: true,
      hint: `Wait ${resetSeconds} seconds.`,
    })
  }
}
