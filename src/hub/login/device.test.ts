import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pythonOf, runPython, storyClients } from '../../../test/python.ts'
import { startTestHub, type TestHub, tokens } from '../start-test-hub.ts'
import { testBrowser } from './test-browser.ts'

let hub: TestHub
let dir: string
let offsetMs = 0
const interpreters = new Map<string, string>()

beforeAll(async () => {
  for (const client of storyClients) interpreters.set(client.venv, await pythonOf(client))
  dir = await mkdtemp(join(tmpdir(), 'dehug-device-'))
  hub = await startTestHub({ clock: () => new Date(Date.now() + offsetMs) })
}, 600_000)
afterAll(async () => {
  await hub?.stop()
  await rm(dir, { recursive: true, force: true })
})

const post = async (path: string, form: Record<string, string>) => {
  const answer = await fetch(hub.url + path, { method: 'POST', body: new URLSearchParams(form) })
  return { status: answer.status, body: await answer.json() }
}

const decide = async (body: unknown, bearer: string | undefined = tokens.ada) => {
  const answer = await fetch(`${hub.url}/api/dehug/device`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: await answer.json() }
}

const begin = async () => (await post('/oauth/device', { client_id: 'dehug-cli' })).body
const poll = (deviceCode: string, clientId = 'dehug-cli') =>
  post('/oauth/token', {
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode, client_id: clientId },
  })

const shownCode = async (): Promise<string> => {
  for (;;) {
    const { rows } = await hub.context.catalog.pool.query(
      "select user_code from catalog.device_codes where status = 'pending' order by created_at desc limit 1",
    )
    if (rows[0]) return rows[0].user_code
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test.each(storyClients)(
  'behavior: `hf auth login` of $requirement, approved in a browser, and its token renews itself',
  async ({ venv }) => {
    const home = join(dir, venv)
    const env = { HF_ENDPOINT: hub.url, HF_HOME: home, HOME: home }
    const hf = join(interpreters.get(venv) as string, '../hf')
    const login = runPython(hf, ['auth', 'login'], { env })
    const code = await shownCode()
    const browser = testBrowser(hub.url)
    const page = `/login/device?user_code=${code.slice(0, 4)}-${code.slice(4)}`
    const first = await browser.visit(page)
    expect(first.location).toBe(`/login?${new URLSearchParams({ next: page })}`)
    const back = await browser.signIn(tokens.ada, page)
    expect(back.location).toBe(page)
    const asked = await browser.visit(page)
    expect(asked.text).toContain('Hugging Face command line')
    expect(asked.headers.get('x-frame-options')).toBe('DENY')
    expect((await browser.submit('/login/device', { decision: 'approve' })).text).toContain('is signed in as')
    const done = await login
    expect(done.stdout + done.stderr).toContain(`${code.slice(0, 4)}-${code.slice(4)}`)
    expect(done.status, done.stdout + done.stderr).toBe(0)
    const who = await runPython(hf, ['auth', 'whoami'], { env })
    expect(who.stdout).toContain('ada')
    const stored = await readFile(join(home, 'stored_tokens'), 'utf8')
    expect(stored).toMatch(/\[oauth-ada\][\s\S]*refresh_token = hf_refresh_/)
    // Less than a day is left: the client renews by itself.
    const token = await readFile(join(home, 'token'), 'utf8')
    const script = `
import json
from huggingface_hub.utils import _auth
from huggingface_hub import HfApi, get_token
old = get_token()
_auth._OAUTH_REFRESH_MARGIN = 30 * 24 * 3600
_auth._OAUTH_REFRESH_CACHE = None
new = get_token()
api = HfApi()
url = api.create_repo("by-${venv}", private=True)
api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="ada/by-${venv}")
api.delete_repo("ada/by-${venv}")
print(json.dumps([old, new, api.whoami()["auth"]["accessToken"]["role"]]))`
    const renewed = await runPython(interpreters.get(venv) as string, ['-c', script], { env })
    expect(renewed.status, renewed.stderr).toBe(0)
    const [old, fresh, role] = renewed.lastJson as string[]
    expect([old, role]).toEqual([token, 'fineGrained'])
    expect(fresh).toMatch(/^hf_oauth_/)
    expect(fresh).not.toBe(old)
  },
)

test('behavior: a wallet approves without browser or token, for exactly the code it signed', async () => {
  const { createSiweMessage } = await import('viem/siwe')
  const { privateKeyToAccount, generatePrivateKey } = await import('viem/accounts')
  const account = privateKeyToAccount(generatePrivateKey())
  const signed = async (statement: string) => {
    const { nonce, domain, chainId } = await (await fetch(`${hub.url}/api/dehug/nonce`)).json()
    const message = createSiweMessage({
      ...{ address: account.address, chainId, domain, nonce, uri: hub.url, version: '1', statement },
    })
    return { message, signature: await account.signMessage({ message }) }
  }
  const device = await begin()
  const wrong = { userCode: device.user_code, approve: true, ...(await signed('Approve BCDF-GHJK')) }
  expect(await decide(wrong, '')).toMatchObject({ status: 401, body: { code: 'login_refused' } })
  const right = { userCode: device.user_code, approve: true, ...(await signed(`Approve ${device.user_code}`)) }
  expect(await decide(right, '')).toMatchObject({ status: 200, body: { approved: true } })
  expect((await decide(right, '')).status).toBe(401)
  const { body } = await poll(device.device_code)
  expect(body.expires_in).toBeGreaterThan(86_400)
})

test('behavior: a device is told to wait, to slow down, that it was denied, expired or used', async () => {
  const device = await begin()
  expect(device.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  expect(await poll(device.device_code)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } })
  expect((await poll(device.device_code)).body.error).toBe('slow_down')
  offsetMs += 6_000
  expect((await poll(device.device_code)).body.error).toBe('slow_down')
  offsetMs += 20_000
  expect((await poll(device.device_code)).body.error).toBe('authorization_pending')
  expect((await poll(device.device_code, '26be6b09-91c5-47da-9861-d2d2bb7a7e36')).body.error).toBe('invalid_grant')
  expect((await decide({ userCode: device.user_code, approve: false })).body).toMatchObject({ approved: false })
  expect((await poll(device.device_code)).body.error).toBe('access_denied')
  expect((await decide({ userCode: device.user_code, approve: true })).status).toBe(404)

  const old = await begin()
  offsetMs += 901_000
  expect((await poll(old.device_code)).body.error).toBe('expired_token')
  expect((await decide({ userCode: old.user_code, approve: true })).status).toBe(404)

  const used = await begin()
  await decide({ userCode: used.user_code.replace('-', ' ').toLowerCase(), approve: true })
  const [one, two] = await Promise.all([poll(used.device_code), poll(used.device_code)])
  expect([one.status, two.status].sort()).toEqual([200, 400])
  expect((await post('/oauth/device', { client_id: 'nobody' })).body.error).toBe('invalid_client')
  expect((await post('/oauth/device', { client_id: 'dehug-loopback' })).body.error).toBe('unauthorized_client')
  expect((await post('/oauth/token', { grant_type: 'password', client_id: 'dehug-cli' })).body.error).toBe(
    'unsupported_grant_type',
  )
})

test('error: codes cannot be found by trying', async () => {
  offsetMs += 3_600_000
  const device = await begin()
  const statuses: number[] = []
  for (let tries = 0; tries < 25; tries++) statuses.push((await decide({ userCode: 'BBBB-BBBB' }, tokens.bob)).status)
  expect([...new Set(statuses)]).toEqual([404, 429])
  expect((await decide({ userCode: device.user_code, approve: true }, tokens.bob)).status).toBe(429)
  const browser = testBrowser(hub.url)
  await browser.signIn(tokens.bob)
  expect((await browser.visit(`/login/device?user_code=${device.user_code}`)).status).toBe(429)
  offsetMs += 601_000
  expect((await decide({ userCode: device.user_code }, tokens.bob)).status).toBe(200)
})
