import { createHash, randomBytes } from 'node:crypto'
import { oauthHandleRedirect, oauthLoginUrl } from '@huggingface/hub'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OidcKey } from '../../catalog/index.ts'
import { startTestHub, type TestHub, tokens } from '../start-test-hub.ts'
import { testBrowser } from './test-browser.ts'

let hub: TestHub
let now = new Date('2026-03-01T12:00:00Z')

beforeAll(async () => {
  hub = await startTestHub({ clock: () => now })
})
afterAll(() => hub?.stop())

const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000)
}

const api = async (method: string, path: string, body?: unknown, bearer = tokens.ada) => {
  const answer = await fetch(hub.url + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

const post = async (path: string, form: Record<string, string> | string, headers: Record<string, string> = {}) => {
  const answer = await fetch(hub.url + path, { method: 'POST', body: new URLSearchParams(form), headers })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

const redirectUri = 'https://app.example/back'
const register = async (changes: Record<string, unknown> = {}) => {
  const wish = {
    name: 'Notebook',
    redirectUris: [redirectUri],
    scopes: ['openid', 'profile', 'read-repos'],
    ...changes,
  }
  return (await api('POST', '/api/dehug/oauth-apps', wish)).body as { clientId: string; clientSecret?: string }
}

const pkce = () => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

const authorizePath = (clientId: string, challenge: string | undefined, changes: Record<string, string> = {}) =>
  `/oauth/authorize?${new URLSearchParams({
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid profile read-repos' },
    ...(challenge === undefined ? {} : { code_challenge: challenge, code_challenge_method: 'S256' }),
    ...{ state: 'the state', nonce: 'the nonce', ...changes },
  })}`

/** Lets ada approve, and returns the parameters that the program gets back. */
const approved = async (path: string, token = tokens.ada) => {
  const browser = testBrowser(hub.url)
  const { location } = await browser.signIn(token, path)
  expect((await browser.visit(location as string)).status).toBe(200)
  const answer = await browser.submit('/oauth/authorize', { decision: 'approve' })
  expect(answer.status).toBe(303)
  return { url: new URL(answer.location as string), browser }
}

const codeFor = async (clientId: string, challenge: string | undefined) =>
  (await approved(authorizePath(clientId, challenge))).url.searchParams.get('code') as string

test('behavior: @huggingface/hub signs in with its own code', async () => {
  const kept: { codeVerifier?: string; nonce?: string } = {}
  const url = await oauthLoginUrl({
    ...{ clientId: 'dehug-loopback', hubUrl: hub.url, redirectUrl: 'http://localhost:5173/' },
    ...{ scopes: 'openid profile email read-repos', state: 'mine', localStorage: kept },
  })
  const back = await approved(url.slice(hub.url.length))
  expect(back.url.origin).toBe('http://localhost:5173')
  const result = await oauthHandleRedirect({
    ...{ hubUrl: hub.url, redirectedUrl: back.url.href },
    ...{ nonce: kept.nonce as string, codeVerifier: kept.codeVerifier as string },
  })
  expect(result).toMatchObject({
    state: 'mine',
    scope: 'openid profile email read-repos',
    userInfo: {
      preferred_username: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      orgs: [{ preferred_username: 'lab', roleInOrg: 'admin' }],
    },
  })
  const who = await api('GET', '/api/whoami-v2', undefined, result.accessToken)
  expect(who.body).toMatchObject({
    name: 'ada',
    auth: { type: 'oauth', accessToken: { role: 'fineGrained', fineGrained: { global: ['repo.content.read'] } } },
  })
  const create = await api('POST', '/api/repos/create', { name: 'by-app' }, result.accessToken)
  expect(create.status).toBe(403)
})

test('behavior: discovery names every door, and ID tokens verify against the published keys', async () => {
  const { body: found } = await api('GET', '/.well-known/openid-configuration')
  expect(found).toMatchObject({ issuer: hub.url, code_challenge_methods_supported: ['S256'] })
  expect((await api('GET', '/.well-known/oauth-authorization-server')).body).toEqual(found)
  const { clientId } = await register()
  const { verifier, challenge } = pkce()
  const exchange = async () => {
    const code = await codeFor(clientId, challenge)
    return post('/oauth/token', {
      ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
    })
  }
  const first = await exchange()
  expect(first).toMatchObject({ status: 200, body: { token_type: 'bearer', scope: 'openid profile read-repos' } })
  expect(first.headers.get('cache-control')).toBe('no-store')
  await OidcKey.rotate(hub.context.catalog.db, now)
  const keys = (await api('GET', '/oauth/jwks')).body
  expect(keys.keys).toHaveLength(2)
  expect(JSON.stringify(keys)).not.toMatch(/"(d|p|q|dp|dq|qi)":/)
  const set = createLocalJWKSet(keys)
  const check = { issuer: hub.url, audience: clientId, currentDate: now }
  const { payload, protectedHeader } = await jwtVerify(first.body.id_token, set, check)
  expect(protectedHeader.alg).toBe('RS256')
  expect(payload).toMatchObject({ nonce: 'the nonce', preferred_username: 'ada' })
  const second = await testBrowserCode(clientId, challenge, verifier)
  expect((await jwtVerify(second.body.id_token, set, check)).protectedHeader.kid).not.toBe(protectedHeader.kid)
})

/** A second sign-in of the same program, whose consent is remembered, so no page is shown. */
const testBrowserCode = async (clientId: string, challenge: string, verifier: string) => {
  const browser = testBrowser(hub.url)
  const { location } = await browser.signIn(tokens.ada, authorizePath(clientId, challenge))
  const back = await browser.visit(location as string)
  expect(back.status).toBe(303)
  const code = new URL(back.location as string).searchParams.get('code') as string
  return post('/oauth/token', {
    ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
  })
}

test('error: a stolen code is worth nothing: verifier, address, client, age and use are checked', async () => {
  const { clientId } = await register({ name: 'Stolen' })
  const other = await register({ name: 'Thief' })
  const { verifier, challenge } = pkce()
  const good = { grant_type: 'authorization_code', redirect_uri: redirectUri, code_verifier: verifier }
  const tries: ((code: string) => Record<string, string>)[] = [
    (code) => ({ ...good, code, code_verifier: pkce().verifier }),
    (code) => ({ ...good, code, code_verifier: challenge }),
    (code) => ({ ...good, code, redirect_uri: `${redirectUri}/` }),
    (code) => ({ ...good, code, client_id: other.clientId }),
    (code) => ({ grant_type: good.grant_type, redirect_uri: redirectUri, code }),
  ]
  const path = authorizePath(clientId, challenge)
  const { browser, url } = await approved(path)
  const next = async () => new URL((await browser.visit(path)).location as string).searchParams.get('code') as string
  for (const [i, of] of tries.entries()) {
    const code = i === 0 ? (url.searchParams.get('code') as string) : await next()
    expect([i, await post('/oauth/token', of(code))]).toMatchObject([
      i,
      { status: 400, body: { error: 'invalid_grant' } },
    ])
    // What failed with the right client is used up.
    if (i !== 3) expect((await post('/oauth/token', { ...good, code })).status).toBe(400)
  }
  const old = await next()
  later(61)
  expect((await post('/oauth/token', { ...good, code: old })).body.error).toBe('invalid_grant')
  const code = await next()
  const { body } = await post('/oauth/token', { ...good, code })
  expect((await api('GET', '/oauth/userinfo', undefined, body.access_token)).status).toBe(200)
  expect((await post('/oauth/token', { ...good, code })).body.error).toBe('invalid_grant')
  expect((await api('GET', '/oauth/userinfo', undefined, body.access_token)).status).toBe(401)
  expect(
    (
      await post('/oauth/token', {
        grant_type: 'refresh_token',
        refresh_token: body.refresh_token,
        client_id: clientId,
      })
    ).status,
  ).toBe(400)
})

test('error: a refresh token works once; a copy that comes later ends the whole family', async () => {
  const { clientId } = await register({ name: 'Refresher' })
  const { verifier, challenge } = pkce()
  const code = await codeFor(clientId, challenge)
  const { body: first } = await post('/oauth/token', {
    ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
  })
  const refresh = (secret: string, more: Record<string, string> = {}) =>
    post('/oauth/token', { grant_type: 'refresh_token', refresh_token: secret, client_id: clientId, ...more })
  expect((await refresh(first.refresh_token, { scope: 'openid manage-repos' })).body.error).toBe('invalid_grant')
  const { body: second } = await refresh(first.refresh_token, { scope: 'openid read-repos' })
  expect(second).toMatchObject({ scope: 'openid read-repos' })
  const works = async (token: string) => (await api('GET', '/api/whoami-v2', undefined, token)).status === 200
  expect([await works(first.access_token), await works(second.access_token)]).toEqual([true, true])
  expect((await refresh(first.refresh_token)).body.error).toBe('invalid_grant')
  expect([await works(first.access_token), await works(second.access_token)]).toEqual([false, false])
  expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant')
})

test('behavior: confidential programs show their secret by header or form, may ask about their tokens and end them', async () => {
  const { clientId, clientSecret = '' } = await register({ name: 'Server', confidential: true })
  const basic = { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` }
  const code = await codeFor(clientId, undefined)
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
  const wrong = await post('/oauth/token', { ...form, client_id: clientId, client_secret: 'wrong' })
  expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  expect((await post('/oauth/token', { ...form, client_id: clientId })).status).toBe(401)
  expect((await post('/oauth/token', form)).status).toBe(401)
  const { body, status } = await post('/oauth/token', form, basic)
  expect(status).toBe(200)
  const asked = await post('/oauth/introspect', { token: body.access_token }, basic)
  expect(asked.body).toMatchObject({ active: true, username: 'ada', client_id: clientId })
  expect((await post('/oauth/introspect', { token: tokens.ada }, basic)).body).toEqual({ active: false })
  const stranger = await register({ name: 'Stranger', confidential: true })
  const theirs = { client_id: stranger.clientId, client_secret: stranger.clientSecret as string }
  expect((await post('/oauth/introspect', { token: body.access_token, ...theirs })).body).toEqual({ active: false })
  expect((await post('/oauth/revoke', { token: body.access_token, ...theirs })).status).toBe(200)
  expect((await api('GET', '/oauth/userinfo', undefined, body.access_token)).status).toBe(200)
  expect((await post('/oauth/revoke', { token: body.refresh_token }, basic)).status).toBe(200)
  expect((await api('GET', '/oauth/userinfo', undefined, body.access_token)).status).toBe(401)
})

test('error: nobody is sent to an address that was not registered', async () => {
  const { clientId } = await register({ name: 'Redirects', redirectUris: [redirectUri, 'http://127.0.0.1/cb'] })
  const { challenge } = pkce()
  const browser = testBrowser(hub.url)
  const bad = [
    ...['https://evil.example/back', `${redirectUri}/..`, `${redirectUri}?x=1`, 'https://app.example:444/back'],
    ...[
      'https://app.example@evil.example/back',
      'http://app.example/back',
      'javascript:alert(1)',
      '//app.example/back',
    ],
    ...[
      'http://127.0.0.1:99/other',
      'http://127.0.0.1.evil.example/cb',
      'https://app.example/back#x',
      'http://u:p@127.0.0.1/cb',
    ],
  ]
  for (const uri of bad) {
    const answer = await browser.visit(authorizePath(clientId, challenge, { redirect_uri: uri }))
    expect([uri, answer.status, answer.location]).toEqual([uri, 400, null])
  }
  const loopback = await browser.visit(
    authorizePath(clientId, challenge, { redirect_uri: 'http://127.0.0.1:51004/cb' }),
  )
  expect(loopback.status).toBe(303)
  expect((await browser.visit(authorizePath('nobody', challenge))).status).toBe(400)
  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', '/api/whoami-v2', 'javascript:1']) {
    expect((await browser.signIn(tokens.ada, next)).location).toBe('/login')
    browser.cookies.clear()
  }
})

test('error: what is wrong with a request is told to the program, with its state', async () => {
  const { clientId } = await register({ name: 'Wrong' })
  const { challenge } = pkce()
  const browser = testBrowser(hub.url)
  const tries: [Record<string, string>, string][] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'unknown' }, 'invalid_scope'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ prompt: 'none' }, 'login_required'],
  ]
  for (const [changes, error] of tries) {
    const answer = await browser.visit(authorizePath(clientId, challenge, changes))
    const back = new URL(answer.location as string).searchParams
    expect([back.get('error'), back.get('state'), back.get('iss')]).toEqual([error, 'the state', hub.url])
  }
  const bare = await browser.visit(authorizePath(clientId, undefined))
  expect(new URL(bare.location as string).searchParams.get('error')).toBe('invalid_request')
  await browser.signIn(tokens.ada)
  const silent = await browser.visit(authorizePath(clientId, challenge, { prompt: 'none' }))
  expect(new URL(silent.location as string).searchParams.get('error')).toBe('consent_required')
  await browser.visit(authorizePath(clientId, challenge))
  const refused = await browser.submit('/oauth/authorize', { decision: 'deny' })
  expect(new URL(refused.location as string).searchParams.get('error')).toBe('access_denied')
  const twice = await browser.visit(`${authorizePath(clientId, challenge)}&state=other`)
  expect(twice.status).toBe(400)
})

test('error: forms of other sites, planted cookies and frames get nowhere', async () => {
  const { clientId } = await register({ name: 'Framed' })
  const { challenge } = pkce()
  const browser = testBrowser(hub.url)
  const page = await browser.visit('/login')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(page.headers.get('x-frame-options')).toBe('DENY')
  expect(page.headers.get('access-control-allow-origin')).toBeNull()
  expect(page.headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax/)
  const planted = browser.cookies.get('dehug_session') as string
  const foreign = await testBrowser(hub.url).visit('/login', { form: { token: tokens.ada, form: 'x' } })
  expect(foreign.status).toBe(403)
  const sent = {
    form: { ...browser.fieldsOf('/login'), token: tokens.ada },
    headers: { 'sec-fetch-site': 'cross-site' },
  }
  expect((await browser.visit('/login', sent)).status).toBe(403)
  expect((await browser.signIn(tokens.adaRead)).status).toBe(401)
  expect((await browser.signIn(tokens.ada)).status).toBe(303)
  expect(browser.cookies.get('dehug_session')).not.toBe(planted)
  const attacker = testBrowser(hub.url)
  attacker.cookies.set('dehug_session', planted)
  expect((await attacker.visit('/login')).text).not.toContain('Signed in as')

  const consent = await browser.visit(authorizePath(clientId, challenge))
  expect(consent.headers.get('content-security-policy')).toContain("form-action 'self' https://app.example")
  const fields = browser.fieldsOf('/oauth/authorize')
  const withoutForm = { ...fields, form: '', decision: 'approve' }
  expect((await browser.visit('/oauth/authorize', { form: withoutForm })).status).toBe(403)
  await browser.visit('/login')
  const session = browser.cookies.get('dehug_session') as string
  await browser.submit('/logout')
  browser.cookies.set('dehug_session', session)
  expect((await browser.visit('/login')).text).not.toContain('Signed in as')
})

test('behavior: people see and take back what they allowed; programs are registered, listed and taken away', async () => {
  const { clientId } = await register({ name: 'Given' })
  const { verifier, challenge } = pkce()
  const code = await codeFor(clientId, challenge)
  const { body } = await post('/oauth/token', {
    ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
  })
  const grants = (await api('GET', '/api/dehug/oauth-grants')).body as { id: string; program: string }[]
  const mine = grants.find(({ program }) => program === 'Given')
  expect((await api('DELETE', `/api/dehug/oauth-grants/${mine?.id}`, undefined, tokens.bob)).status).toBe(404)
  expect((await api('DELETE', `/api/dehug/oauth-grants/${mine?.id}`)).status).toBe(200)
  expect((await api('GET', '/api/whoami-v2', undefined, body.access_token)).status).toBe(401)
  expect((await approved(authorizePath(clientId, challenge))).url.searchParams.has('code')).toBe(true)
  expect((await api('GET', '/api/dehug/oauth-apps')).body).toContainEqual(expect.objectContaining({ clientId }))
  expect((await api('DELETE', `/api/dehug/oauth-apps/${clientId}`, undefined, tokens.bob)).status).toBe(404)
  expect((await api('DELETE', `/api/dehug/oauth-apps/${clientId}`)).status).toBe(200)
  for (const wrong of [
    ...[{ redirectUris: ['http://app.example/'] }, { redirectUris: ['https://*.example/'] }, { scopes: ['root'] }],
    ...[{ redirectUris: [] }, { name: '' }, { redirectUris: ['https://a.example/#x'] }],
  ]) {
    const wish = { name: 'Bad', redirectUris: [redirectUri], scopes: ['openid'], ...wrong }
    expect([wrong, (await api('POST', '/api/dehug/oauth-apps', wish)).status]).toEqual([wrong, 400])
  }
  expect((await api('POST', '/api/dehug/oauth-apps', {}, tokens.adaRead)).status).toBe(403)
})

test('error: garbage in forms and queries is refused, and nothing else happens', async () => {
  const name = fc.constantFrom(
    'grant_type',
    'code',
    'client_id',
    'refresh_token',
    'device_code',
    'redirect_uri',
    'scope',
    'x',
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'authorization_code',
      'refresh_token',
      'dehug-cli',
      'urn:ietf:params:oauth:grant-type:device_code',
      '\0',
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 6 }), async (pairs) => {
      const body = new URLSearchParams(pairs)
      for (const path of [
        '/oauth/token',
        '/oauth/device',
        '/oauth/revoke',
        '/oauth/introspect',
        '/login',
        '/login/device',
      ]) {
        const answer = await fetch(hub.url + path, { method: 'POST', body, redirect: 'manual' })
        await answer.text()
        expect([path, answer.status < 500]).toEqual([path, true])
      }
      const page = await fetch(`${hub.url}/oauth/authorize?${body}`, { redirect: 'manual' })
      expect(page.status).toBeLessThan(500)
    }),
    { numRuns: 40 },
  )
  for (const type of ['application/json', 'text/plain']) {
    const answer = await fetch(`${hub.url}/oauth/token`, {
      method: 'POST',
      body: '{"a":[1]}',
      headers: { 'content-type': type },
    })
    expect(answer.status).toBe(400)
  }
})
