import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations, launchBrowser, signInWithNewKey, visit } from './browser.ts'
import { startNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork
let browser: Browser
let dir: string

beforeAll(async () => {
  ;[network, browser, dir] = await Promise.all([
    startNetwork({ web: true, workers: 0 }),
    launchBrowser(),
    mkdtemp(join(tmpdir(), 'dehug-web-wallet-')),
  ])
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await network?.stop()
  if (dir) await rm(dir, { recursive: true, force: true })
})

const slow = { timeout: 60_000 }
/** What the console says about answers that the stories ask for. */
const expected = /Failed to load resource: the server responded with a status of (401|403|404|409)/

const folder = async (card: string, weights: Uint8Array = randomBytes(200_000)): Promise<string> => {
  const made = await mkdtemp(join(dir, 'model-'))
  await writeFile(join(made, 'README.md'), `---\n${card}\n---\n\n# A model\n`)
  await writeFile(join(made, 'config.json'), '{"architectures":["BertForSequenceClassification"]}')
  await writeFile(join(made, 'weights.onnx'), weights)
  return made
}

let people = 0
/** Signs in with a key that the browser makes; the account gets a name. */
const signInWithKey = async (page: Page): Promise<string> => {
  const name = `person${++people}-${randomBytes(3).toString('hex')}`
  await signInWithNewKey(page, name)
  return name
}

const fillAndPublish = async (page: Page, from: string, name: string) => {
  await page.getByLabel('Folder to publish').setInputFiles(from)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name, slow)
  await page.getByRole('button', { name: 'Sign and publish' }).click(slow)
}

const published = (page: Page, id: string) => page.waitForURL(`${network.web}/${id}`, slow)

const head = async (id: string) =>
  (await fetch(`${network.hub}/api/dehug/manifest/model/${id}/head`)).json() as Promise<{
    anchored: boolean
    manifest: string
  }>

const balanceOf = async (address: string): Promise<bigint> => {
  const body = { jsonrpc: '2.0', id: 1, method: 'eth_getBalance', params: [address, 'latest'] }
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(network.rpcUrl, { method: 'POST', headers, body: JSON.stringify(body) })
  return BigInt(((await answer.json()) as { result: string }).result)
}

test('behavior: somebody without a wallet and without ETH publishes a model', { timeout: 180_000 }, async () => {
  await using visitor = await visit(browser, { expected })
  const { page } = visitor
  await page.goto(`${network.web}/new`)
  const name = await signInWithKey(page)
  await fillAndPublish(page, await folder('license: mit'), 'first')
  await published(page, `${name}/first`)
  const { anchored, manifest } = await head(`${name}/first`)
  expect(anchored).toBe(true)
  const { author, task, libraryName } = JSON.parse(manifest)
  expect({ task, libraryName }).toEqual({ task: 'text-classification', libraryName: 'onnx' })
  expect(await balanceOf(author)).toBe(0n)
  visitor.assertClean()
})

test('behavior: what is asked of threads whose scripts come slowly is not lost', { timeout: 180_000 }, async () => {
  await using visitor = await visit(browser, { expected })
  const { page, context } = visitor
  await page.goto(`${network.web}/new`)
  const name = await signInWithKey(page)
  await page.waitForLoadState('networkidle')
  await context.route('**/_next/static/chunks/**', async (route) => {
    const answer = await route.fetch()
    await delay(100)
    await route.fulfill({ response: answer })
  })
  await fillAndPublish(page, await folder('license: mit'), 'slow')
  await published(page, `${name}/slow`)
  visitor.assertClean()
})

const tabTo = async (page: Page, text: RegExp | string) => {
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null
      const label = element?.labels?.[0]?.textContent
      return (label ?? element?.textContent ?? '').trim()
    })
    if (typeof text === 'string' ? at.startsWith(text) : text.test(at)) return
  }
  throw new Error(`Tab never reaches ${text}.`)
}

test('behavior: publishing needs no pointer', { timeout: 180_000 }, async () => {
  await using visitor = await visit(browser, { expected })
  const { page } = visitor
  await page.goto(`${network.web}/new`)
  await page.getByRole('heading', { name: 'Sign in to publish' }).or(page.getByText('Sign in to publish')).waitFor(slow)
  await page.locator('main').focus()
  await tabTo(page, 'Sign in')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor(slow)
  await tabTo(page, 'Name of a new account')
  const name = `keys-${randomBytes(3).toString('hex')}`
  await page.keyboard.type(name)
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Choose a folder' }).waitFor(slow)
  // A dialog that closes gives the focus back.
  await page.getByRole('dialog').waitFor({ ...slow, state: 'hidden' })
  await page.locator('main').focus()
  // Asked for early: the browser has to know, before the key is pressed, that somebody waits for it.
  const choosing = page.waitForEvent('filechooser', slow)
  await tabTo(page, 'Choose a folder')
  await page.keyboard.press('Enter')
  const chooser = await choosing
  await chooser.setFiles(await folder('license: apache-2.0'))
  await tabTo(page, 'Name')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('typed')
  await tabTo(page, 'Sign and publish')
  await page.keyboard.press('Enter')
  await published(page, `${name}/typed`)
  visitor.assertClean()
})

const largeBytes = 64 * 2 ** 20

test('behavior: an upload that a reload cuts off goes on where it was', { timeout: 240_000 }, async () => {
  await using visitor = await visit(browser, { expected })
  const { page } = visitor
  const from = await folder('license: mit', randomBytes(largeBytes))
  await page.goto(`${network.web}/new`)
  const name = await signInWithKey(page)
  const parts: string[] = []
  const isPart = (url: string) => /\/api\/dehug\/uploads\/[^/]+\/\d+$/.test(url)
  page.on('requestfinished', (request) => {
    if (request.method() === 'PUT' && isPart(request.url())) parts.push(request.url().split('/').at(-1) as string)
  })
  const some = page.waitForEvent('requestfinished', {
    ...slow,
    predicate: (request) => request.method() === 'PUT' && isPart(request.url()),
  })
  await fillAndPublish(page, from, 'large')
  await some
  await page.reload()
  const before = parts.length
  await page.getByText(/Choose the folder again/).waitFor(slow)
  expect(await page.getByRole('button', { name: 'Choose a folder' }).isVisible()).toBe(true)
  await page.getByLabel('Folder to publish').setInputFiles(from)
  expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('large')
  await page.getByRole('button', { name: 'Sign and publish' }).click(slow)
  await published(page, `${name}/large`)
  expect(before).toBeGreaterThan(0)
  expect(parts.length - before, 'parts sent after the reload, of 4').toBeLessThan(4)
  expect((await head(`${name}/large`)).anchored).toBe(true)
})

test('behavior: out of funds, topped up, and on; keys have limits and end', { timeout: 180_000 }, async () => {
  const privateKey = generatePrivateKey()
  await using visitor = await visit(browser, { expected, wallet: { privateKey, rpcUrl: network.rpcUrl } })
  const { page } = visitor
  await page.goto(`${network.web}/keys`)
  await page.getByRole('button', { name: 'Sign in' }).click(slow)
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /wallet/i })
    .first()
    .click(slow)
  await page.getByRole('link', { name: 'Top up first' }).click(slow)
  await page.getByRole('button', { name: 'Get 20 play USDC' }).click(slow)
  await page.getByRole('button', { name: 'Top up' }).click(slow)
  const dialog = page.getByRole('dialog')
  expect(await dialog.textContent()).toContain('$5.00')
  await dialog.getByRole('button', { name: 'Sign' }).click()
  await dialog.getByText('Done.').waitFor(slow)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  const apiKey = await page.evaluate(() => localStorage.getItem('dehug.api-key'))
  const answer = await fetch(`${network.gateway}/v1/balance`, { headers: { authorization: `Bearer ${apiKey}` } })
  expect(await answer.json()).toMatchObject({
    payer: privateKeyToAccount(privateKey).address.toLowerCase(),
    free: '5000000',
    limit: { cap: '5000000' },
  })
  await page.getByRole('link', { name: 'Back to where you were' }).click()
  await page.getByRole('button', { name: 'Make a key' }).click(slow)
  await dialog.getByRole('button', { name: 'Sign' }).click()
  await dialog.getByText('Done.').waitFor(slow)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  expect(await page.getByText(/^sk-dehug-/).textContent()).toMatch(/^sk-dehug-[\w-]{43}$/)
  await page
    .getByRole('button', { name: /^Revoke 0x/ })
    .first()
    .click(slow)
  await dialog.getByRole('button', { name: 'Sign' }).click()
  await dialog.getByText('Done.').waitFor(slow)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByText('revoked', { exact: true }).waitFor(slow)
  visitor.assertClean()
})

test('error: a license that the base model forbids stops the wizard, with the reason', {
  timeout: 120_000,
}, async () => {
  const parent = await folder('license: cc-by-nd-4.0')
  await network.client('dehug').push({ folder: parent, repo: { type: 'model', namespace: 'dehug', name: 'closed' } })
  await using visitor = await visit(browser, { expected })
  const { page } = visitor
  await page.goto(`${network.web}/new`)
  await signInWithKey(page)
  await page.getByLabel('Folder to publish').setInputFiles(await folder('license: mit\nbase_model: dehug/closed'))
  await page.getByRole('alert').filter({ hasText: 'Not allowed with dehug/closed' }).waitFor(slow)
  expect(await page.getByRole('button', { name: 'Sign and publish' }).isDisabled()).toBe(true)
})

/** Another site: another port is another origin, and the browser still sends it the cookie. */
const otherSite = async (html: string): Promise<{ url: string; server: Server }> => {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

test('error: session fixation, forged requests and frames get nowhere', { timeout: 180_000 }, async () => {
  await using visitor = await visit(browser, { expected: /./ })
  const { page, context } = visitor
  const planted = randomBytes(32).toString('base64url')
  await context.addCookies([
    { name: 'dehug_session', value: planted, url: network.web, httpOnly: true, sameSite: 'Lax' },
  ])
  await page.goto(`${network.web}/keys`)
  await signInWithKey(page)
  const cookie = (await context.cookies(network.web)).find(({ name }) => name === 'dehug_session')
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  expect(cookie?.value).not.toBe(planted)
  const asPlanted = await fetch(`${network.web}/api/whoami-v2`, { headers: { cookie: `dehug_session=${planted}` } })
  expect(asPlanted.status).toBe(401)

  const tokens = () => page.evaluate(async () => (await (await fetch('/api/dehug/tokens')).json()).length as number)
  const before = await tokens()
  const evil = await otherSite(`<form id=f method=post enctype="text/plain" action="${network.web}/api/dehug/tokens">
<input name='{"name":"evil","x":"' value='"}'></form><iframe src="${network.web}/keys"></iframe>`)
  const attack = await context.newPage()
  await attack.goto(evil.url)
  const read = await attack.evaluate(
    (web) =>
      fetch(`${web}/api/dehug/session`, { credentials: 'include' }).then(
        () => 'read',
        () => 'refused',
      ),
    network.web,
  )
  expect(read).toBe('refused')
  const sent = await attack.evaluate(
    (web) =>
      fetch(`${web}/api/dehug/tokens`, {
        method: 'POST',
        mode: 'no-cors',
        credentials: 'include',
        headers: { 'content-type': 'text/plain' },
        body: '{"name":"evil"}',
      }).then(({ type }) => type),
    network.web,
  )
  expect(sent).toBe('opaque')
  const framed = attack.frames().find((frame) => frame !== attack.mainFrame())
  expect(framed?.url()).toMatch(/^chrome-error:/)
  const [answer] = await Promise.all([
    attack.waitForResponse((response) => response.url().endsWith('/api/dehug/tokens')),
    attack.evaluate(() => (document.getElementById('f') as HTMLFormElement).submit()),
  ])
  expect(answer.status()).toBeGreaterThanOrEqual(400)
  expect(await tokens()).toBe(before)
  evil.server.close()
})

test('behavior: the pages of an account have no accessibility violation', { timeout: 180_000 }, async () => {
  await using visitor = await visit(browser, { expected })
  const { page } = visitor
  await page.goto(`${network.web}/new`)
  await page.getByText('Sign in to publish').waitFor(slow)
  expect(await axeViolations(page)).toEqual([])
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel(/Name of a new account/).waitFor(slow)
  expect(await axeViolations(page)).toEqual([])
  await page.keyboard.press('Escape')
  const name = await signInWithKey(page)
  await page.getByLabel('Folder to publish').setInputFiles(await folder('license: mit'))
  await page.getByRole('button', { name: 'Sign and publish' }).waitFor(slow)
  expect(await axeViolations(page)).toEqual([])
  await fillAndPublish(page, await folder('license: mit'), 'seen')
  await published(page, `${name}/seen`)
  for (const [path, shown] of [
    ['/billing', 'Withdraw'],
    ['/keys', 'Inference keys'],
    ['/dashboard', 'Save as CSV'],
    [`/${name}/seen/settings`, 'Price terms'],
  ] as const) {
    await page.goto(network.web + path)
    await page.getByText(shown).first().waitFor(slow)
    expect(await axeViolations(page), path).toEqual([])
  }
})
