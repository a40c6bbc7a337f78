import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage } from 'viem/siwe'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SessionWire } from '../../wire/index.ts'
import { startTestHub, type TestHub } from '../start-test-hub.ts'

let hub: TestHub
let now = new Date('2026-03-01T12:00:00Z')
const wallet = privateKeyToAccount(generatePrivateKey())

beforeAll(async () => {
  hub = await startTestHub({ clock: () => now })
})
afterAll(() => hub?.stop())

/** A page of one origin in one browser; `fetch` sends what Chromium sends. */
const pageOf = (origin: string, cookies = new Map<string, string>()) => {
  const ask = async (
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
  ) => {
    const { method = 'GET', headers = {}, body } = options
    const same = origin === hub.url
    const answer = await fetch(hub.url + path, {
      method,
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        'sec-fetch-site': same ? 'same-origin' : 'same-site',
        'sec-fetch-mode': 'cors',
        'sec-fetch-dest': 'empty',
        ...(method === 'GET' && same ? {} : { origin }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] as string).split('=', 2)
      cookies.set(name, value)
    }
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  const session = async (): Promise<SessionWire.Session> => (await ask('/api/dehug/session')).body
  return { ask, session, cookies }
}

type Page = ReturnType<typeof pageOf>

const signed = async (nonce: string, domain = new URL(hub.url).host) => {
  const message = createSiweMessage({
    ...{ address: wallet.address, chainId: 1, domain, nonce, uri: hub.url, version: '1', issuedAt: now },
    statement: 'Sign in to DeHug.',
  })
  return { message, signature: await wallet.signMessage({ message }) }
}

const signIn = async (page: Page) => {
  const { csrf, nonce } = await page.session()
  const answer = await page.ask('/api/dehug/session', {
    ...{ method: 'POST', headers: { 'x-csrf-token': csrf }, body: await signed(nonce as string) },
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body as SessionWire.Session
}

let page: Page
beforeEach(() => {
  page = pageOf(hub.url)
})

const newToken = { method: 'POST', body: { name: 'made in the browser' } }

test('behavior: a wallet signs in, reads and writes with the cookie, and signs out', async () => {
  const before = await page.session()
  expect(before).toMatchObject({ user: null, expiresAt: null, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) })
  const after = await signIn(page)
  expect(after.user).toMatchObject({
    name: wallet.address.toLowerCase(),
    address: wallet.address.toLowerCase(),
    orgs: [],
  })
  expect(after).toMatchObject({ nonce: null, expiresAt: '2026-03-02T00:00:00.000Z' })
  const me = await page.ask('/api/whoami-v2')
  expect(me.body.name).toBe(after.user?.name)
  expect(me.headers.get('cache-control')).toBe('private, no-cache')
  const made = await page.ask('/api/dehug/tokens', { ...newToken, headers: { 'x-csrf-token': after.csrf } })
  expect(made.body).toMatchObject({ token: expect.stringMatching(/^hf_/) })
  const out = await page.ask('/api/dehug/session', { method: 'DELETE', headers: { 'x-csrf-token': after.csrf } })
  expect(out.body).toMatchObject({ user: null })
  expect((await page.ask('/api/whoami-v2')).status).toBe(401)
})

test('behavior: what was planted before a sign-in is worth nothing after it (session fixation)', async () => {
  const { csrf } = await page.session()
  const planted = new Map(page.cookies)
  const after = await signIn(page)
  expect(page.cookies.get('dehug_session')).not.toBe(planted.get('dehug_session'))
  expect(after.csrf).not.toBe(csrf)
  expect((await pageOf(hub.url, planted).ask('/api/whoami-v2')).status).toBe(401)
  const attempt = await page.ask('/api/dehug/tokens', { ...newToken, headers: { 'x-csrf-token': csrf } })
  expect(attempt.body.code).toBe('foreign_request')
})

test('behavior: a second sign-in ends the first', async () => {
  await signIn(page)
  const first = new Map(page.cookies)
  const csrf = (await page.session()).csrf
  const { nonce } = (await pageOf(hub.url).session()) as { nonce: string }
  await page.ask('/api/dehug/session', {
    ...{ method: 'POST', headers: { 'x-csrf-token': csrf }, body: await signed(nonce) },
  })
  expect((await page.ask('/api/whoami-v2')).status).toBe(200)
  expect((await pageOf(hub.url, first).ask('/api/whoami-v2')).status).toBe(401)
})

test('error: the cookie counts for nothing that another origin sends', async () => {
  const { csrf } = await signIn(page)
  // Another port of the same host is another origin, but the browser sends the cookie.
  for (const origin of ['http://127.0.0.1:1', 'https://evil.example', 'null']) {
    const foreign = pageOf(origin, page.cookies)
    const read = await foreign.ask('/api/whoami-v2')
    expect([read.status, read.body.code]).toEqual([403, 'foreign_request'])
    expect(read.headers.get('access-control-allow-credentials')).toBeNull()
    expect((await foreign.ask('/api/dehug/session')).status).toBe(403)
    const write = await foreign.ask('/api/dehug/tokens', { ...newToken, headers: { 'x-csrf-token': csrf } })
    expect([write.status, write.body.code]).toEqual([403, 'foreign_request'])
    const out = await foreign.ask('/api/dehug/session', { method: 'DELETE', headers: { 'x-csrf-token': csrf } })
    expect(out.status).toBe(403)
  }
  expect((await page.ask('/api/whoami-v2')).status).toBe(200)
})

test('error: a write needs the token of our pages, and must say where it comes from', async () => {
  const { csrf } = await signIn(page)
  for (const headers of [{}, { 'x-csrf-token': 'a'.repeat(43) }, { 'x-csrf-token': '' }]) {
    expect((await page.ask('/api/dehug/tokens', { ...newToken, headers })).status).toBe(403)
  }
  const silent = await fetch(`${hub.url}/api/dehug/tokens`, {
    method: 'POST',
    headers: {
      ...{ cookie: `dehug_session=${page.cookies.get('dehug_session')}`, 'x-csrf-token': csrf },
      'content-type': 'application/json',
    },
    body: '{}',
  })
  expect(silent.status).toBe(403)
})

test('error: a form of another site does nothing, and a frame of it sees nobody signed in', async () => {
  await signIn(page)
  const cookie = `dehug_session=${page.cookies.get('dehug_session')}`
  const form = await fetch(`${hub.url}/api/dehug/oauth-apps`, {
    method: 'POST',
    headers: { cookie, origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
    body: new URLSearchParams(),
  })
  expect(form.status).toBe(403)
  const site = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  const read = (dest: string) =>
    fetch(`${hub.url}/api/whoami-v2`, { headers: { ...site, 'sec-fetch-dest': dest } }).then(({ status }) => status)
  expect(await read('iframe')).toBe(403)
  expect(await read('image')).toBe(403)
  // A link on another site that the person follows.
  expect(await read('document')).toBe(200)
})

test('error: sign-in messages of other sites, of old nonces and of nobody are refused', async () => {
  const attempt = async (body: unknown, csrf?: string) => {
    const known = await page.session()
    return page.ask('/api/dehug/session', { method: 'POST', headers: { 'x-csrf-token': csrf ?? known.csrf }, body })
  }
  const nonce = async () => (await page.session()).nonce as string
  expect((await attempt(await signed(await nonce(), 'evil.example'))).body.code).toBe('login_refused')
  expect((await attempt(await signed('0'.repeat(32)))).body.code).toBe('login_refused')
  expect((await attempt({ message: 'hello', signature: '0x00' })).body.code).toBe('login_refused')
  expect((await attempt({ message: 'hello' })).status).toBe(400)
  expect((await attempt(await signed(await nonce()), 'x')).status).toBe(403)
  const body = await signed(await nonce())
  expect((await attempt(body)).status).toBe(200)
  expect((await attempt(body)).body.code).toBe('login_refused')
})

test('behavior: a session ends by itself', async () => {
  await signIn(page)
  now = new Date(now.getTime() + 12 * 3_600_000)
  expect((await page.ask('/api/whoami-v2')).status).toBe(401)
  expect(await page.session()).toMatchObject({ user: null, expiresAt: null })
})

test('behavior: a token in the header goes before the cookie', async () => {
  await signIn(page)
  const answer = await page.ask('/api/whoami-v2', { headers: { authorization: 'Bearer hf_ada_write_token' } })
  expect(answer.body.name).toBe('ada')
  expect((await page.ask('/api/whoami-v2', { headers: { authorization: 'Bearer hf_nobody' } })).status).toBe(401)
})
