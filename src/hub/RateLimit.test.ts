import { expect, test } from 'vitest'
import { rateLimiter } from './RateLimit.ts'
import { startTestHub, tokens } from './start-test-hub.ts'

test('behavior: a window is used up, refuses, and begins anew', () => {
  let now = 0
  const spend = rateLimiter({ api: { requests: 2, seconds: 10 }, resolvers: { requests: 1, seconds: 10 } }, () => now)
  expect([1, 2, 3].map(() => spend('a', 'api').refused)).toEqual([false, false, true])
  expect(spend('b', 'api')).toMatchObject({ left: 1, resetSeconds: 10, refused: false })
  expect(spend('a', 'resolvers').refused).toBe(false)
  now = 10_000
  expect(spend('a', 'api')).toMatchObject({ left: 1, refused: false })
})

test('behavior: answers carry the headers of the Hub, per token and per address', async () => {
  const rates = { api: { requests: 3, seconds: 300 }, resolvers: { requests: 100, seconds: 300 } }
  const hub = await startTestHub({ limits: { rates } })
  try {
    const ask = (token?: string) =>
      fetch(`${hub.url}/api/models`, token ? { headers: { authorization: `Bearer ${token}` } } : {})
    const first = await ask()
    expect(first.headers.get('ratelimit-policy')).toBe('"fixed window";"api";q=3;w=300')
    expect(first.headers.get('ratelimit')).toMatch(/^"api";r=2;t=\d+$/)
    expect((await ask('hf_wrong')).status).toBe(401)
    await ask()
    const refused = await ask()
    expect([refused.status, refused.headers.get('x-error-code')]).toEqual([429, 'TooManyRequests'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask(tokens.ada)).status).toBe(200)
    expect((await fetch(`${hub.url}/ada/none/resolve/main/x`)).status).toBe(401)
  } finally {
    await hub.stop()
  }
}, 60_000)
