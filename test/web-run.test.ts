import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations, launchBrowser, type Visit, type VisitOptions, visit } from './browser.ts'
import { startNetwork, type TestNetwork } from './network.ts'
import { isHeavy } from './python.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')
const model = 'dehug/dehug-tiny-chat'
const patienceMs = 60_000

let network: TestNetwork
let browser: Browser
let folder: string

beforeAll(async () => {
  network = await startNetwork({ web: true, models: ['dehug-tiny-chat', 'dehug-langid'] })
  browser = await launchBrowser()
  folder = await mkdtemp(join(tmpdir(), 'dehug-web-run-'))
}, 900_000)

afterAll(async () => {
  await browser?.close()
  await network?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** Opens a path as somebody whose browser keeps alice's key, or no key. */
async function open(path: string, options: VisitOptions & { key?: string | undefined } = {}): Promise<Visit> {
  const opened = await visit(browser, options)
  opened.page.setDefaultTimeout(patienceMs)
  if (options.key) await opened.context.addInitScript((key) => localStorage.setItem('dehug.api-key', key), options.key)
  await opened.page.goto(`${network.web}${path}`)
  return opened
}

const aliceKey = () => network.account('alice').apiKey ?? ''
const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true })
const verdict = async (page: Page) => {
  await page.getByTestId('verdict').waitFor()
  return page.getByTestId('verdict').textContent()
}

test('behavior: a price before the run, the answer as it is written, a checked receipt, and its way to the chain', async () => {
  await using alice = await open(`/${model}/run?text=What+is+DeHug%3F&max=24`, { key: aliceKey() })
  const { page } = alice
  await page
    .getByTestId('quote')
    .getByText(/Costs at most \$0\.\d+/)
    .waitFor()
  await runButton(page).click()
  await page
    .getByTestId('receipt')
    .getByText(/Receipt checked: \$0\.\d+ of at most \$0\.\d+/)
    .waitFor()
  expect(await page.getByTestId('answer').textContent()).toContain('DeHug is a decentralized hub')
  await page.getByTestId('receipt').click()
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  expect(await verdict(page)).toBe('Everything holds. Its provider has not settled it yet.')

  await network.client('alice').release()
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  await page.getByText('Everything holds, up to the money on chain.').waitFor()
  expect(await page.getByTestId('rules').textContent()).toContain('receipt is in the batch')
  await page.getByRole('link', { name: /^0x/ }).filter({ hasText: '…' }).first().waitFor()
  alice.assertClean()
}, 240_000)

test('behavior: whoever has no key can follow the money: claim, batch, provider', async () => {
  await using anyone = await open('/receipts')
  const { page } = anyone
  await expect
    .poll(
      async () => {
        await page.reload()
        return page.getByRole('link', { name: /^Open/ }).count()
      },
      { timeout: patienceMs, interval: 500 },
    )
    .toBeGreaterThan(0)
  await page.getByRole('link', { name: /^Open/ }).first().click()
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  expect(await verdict(page)).toBe('Everything holds.')
  await page.locator('a[href^="/batches/"]').first().click()
  await page.getByRole('table', { name: /Receipts of the batch/ }).waitFor()
  await page.locator('a[href^="/providers/"]').first().click()
  await page.getByRole('table', { name: /Offers/ }).waitFor()
  anyone.assertClean()
}, 240_000)

test('behavior: a model runs in the browser for nothing, and goes on without a network', async () => {
  await using anyone = await open(`/${model}/run?where=browser&text=What+is+DeHug%3F&max=24`)
  const { page, context } = anyone
  await page.getByText(/Free: it runs on your machine/).waitFor()
  await runButton(page).click()
  await page.getByText(/Ran on this machine/).waitFor()
  expect(await page.getByTestId('answer').textContent()).toContain('DeHug is a decentralized hub for AI models')
  await page.getByText('This page is kept in this browser').waitFor()
  await context.setOffline(true)
  await page.getByLabel('Message', { exact: true }).fill('Who are you?')
  await runButton(page).click()
  await expect
    .poll(() => page.getByTestId('answer').textContent(), { timeout: patienceMs })
    .not.toContain('decentralized hub for AI')
  await page.getByText(/Ran on this machine/).waitFor()
  expect(((await page.getByTestId('answer').textContent()) ?? '').length).toBeGreaterThan(3)
  await context.setOffline(false)
  anyone.assertClean()
}, 240_000)

test('behavior: what ran here opens and runs without a network, until it is forgotten', async () => {
  await using anyone = await open(`/${model}/run?where=browser&text=What+is+DeHug%3F&max=24`, {
    expected: /ERR_INTERNET_DISCONNECTED/,
  })
  const { page, context } = anyone
  await runButton(page).click()
  await page.getByText('This page is kept in this browser and opens without a network.').waitFor()
  await context.setOffline(true)
  await page.reload()
  await page.getByText(/Free: it runs on your machine/).waitFor()
  await runButton(page).click()
  await page.getByText(/Ran on this machine/).waitFor()
  expect(await page.getByTestId('answer').textContent()).toContain('DeHug is a decentralized hub for AI models')
  await context.setOffline(false)
  const kept = await page.evaluate(async () => {
    const cache = await caches.open('dehug-shell')
    return (await cache.keys()).map(({ url }) => new URL(url).pathname)
  })
  expect(kept.filter((path) => !/^\/(_next\/static|engine\/ort)\//.test(path))).toEqual([`/${model}/run`])
  await page.getByRole('button', { name: 'Forget it' }).click()
  await expect.poll(() => page.evaluate(() => caches.keys())).toEqual([])
  await context.setOffline(true)
  await expect(page.reload()).rejects.toThrow('ERR_INTERNET_DISCONNECTED')
  await context.setOffline(false)
}, 240_000)

test('behavior: the page that verifies opens without a network, and checks a pulled folder', async () => {
  const pulled = join(folder, 'kept')
  const { RepoId } = await import('../src/core/index.ts')
  const repo = RepoId.parse('dehug/dehug-langid')
  await network.client('alice').pull({ version: { repo, at: { kind: 'head' } }, folder: pulled })
  await using anyone = await open('/verify', { expected: /ERR_INTERNET_DISCONNECTED/ })
  const { page, context } = anyone
  await page.getByText('This page is kept in this browser and opens without a network.').waitFor()
  await context.setOffline(true)
  await page.reload()
  await page.getByLabel('A folder').setInputFiles(pulled)
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  await page.getByText(/could not be looked up on chain now/).waitFor()
  expect(await verdict(page)).toMatch(/^All \d+ files are what was published\.$/)
  await context.setOffline(false)
}, 240_000)

test('error: a damaged model file is refused before the engine reads it', async () => {
  await using anyone = await open(`/${model}/run?where=browser&text=Hello`)
  const { page, context } = anyone
  await context.route('**/resolve/*/tokenizer.json', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, body: (await answer.text()).replace('"version"', '"Version"') })
  })
  await runButton(page).click()
  await page.getByText(/tokenizer\.json is not what was published: its bytes were refused/).waitFor()
}, 240_000)

test('behavior: anybody verifies a file against the chain; a damaged one is refused', async () => {
  await using anyone = await open('/verify')
  const { page } = anyone
  const verifyFile = async (path: string) => {
    await page.getByLabel('Files', { exact: true }).setInputFiles(path)
    await page.getByLabel('Published as').fill(model)
    await page.getByRole('button', { name: 'Verify', exact: true }).click()
    return verdict(page)
  }
  expect(await verifyFile(join(fixtures, 'dehug-tiny-chat/model.safetensors'))).toBe('The file is what was published.')
  const damaged = join(folder, 'config.json')
  await writeFile(damaged, '{"hidden_size": 193}')
  expect(await verifyFile(damaged)).toContain('Refused: 1 of 1 file is not what was published.')
  anyone.assertClean()
}, 240_000)

test('behavior: a pulled folder is verified without a network', async () => {
  const pulled = join(folder, 'pulled')
  const { RepoId } = await import('../src/core/index.ts')
  const repo = RepoId.parse('dehug/dehug-langid')
  await network.client('alice').pull({ version: { repo, at: { kind: 'head' } }, folder: pulled })
  await using anyone = await open('/verify', { expected: /ERR_INTERNET_DISCONNECTED/ })
  const { page, context } = anyone
  // The page's own code is read before the network goes.
  await page.getByLabel('A folder').setInputFiles(pulled)
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  await page.getByText(/this browser asked its node/).waitFor()
  await context.setOffline(true)
  await page.getByLabel('A folder').setInputFiles(pulled)
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  await page.getByText(/could not be looked up on chain now/).waitFor()
  expect(await verdict(page)).toMatch(/^All \d+ files are what was published\.$/)
}, 240_000)

test('behavior: everything of a run can be done by keyboard alone', async () => {
  await using alice = await open(`/${model}/run?max=8`)
  const { page } = alice
  const tabTo = async (name: string | RegExp, role: 'textbox' | 'button' | 'link') => {
    const wanted = page.getByRole(role, { name }).first()
    await wanted.waitFor()
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press('Tab')
      if (await wanted.evaluate((element) => element === document.activeElement)) return
    }
    throw new Error(`Tab does not reach ${name}.`)
  }
  await tabTo('Message', 'textbox')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('What is DeHug?')
  const keyField = page.getByLabel(/Inference key/)
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab')
    if (await keyField.evaluate((element) => element === document.activeElement)) break
  }
  await page.keyboard.type(aliceKey())
  await page.keyboard.press('Enter')
  await page.getByText(/Paid by the key/).waitFor()
  await page
    .getByTestId('quote')
    .getByText(/Costs at most/)
    .waitFor()
  await tabTo('Run', 'button')
  await page.keyboard.press('Enter')
  await page.getByTestId('receipt').waitFor()
  await tabTo(/Receipt checked/, 'link')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Receipt', exact: true }).waitFor()
  alice.assertClean()
}, 240_000)

const pages = [
  '/playground',
  `/${model}/run`,
  '/receipts',
  '/providers',
  '/verify',
  '/docs',
  '/docs/builder',
  '/docs/architecture',
  '/status',
]

test.each(isHeavy ? pages : pages.slice(0, 3))(
  'behavior: %s has no barrier that axe finds, in both themes',
  async (path) => {
    await using anyone = await open(path, { key: aliceKey() })
    await anyone.page.getByRole('heading').first().waitFor()
    expect(await axeViolations(anyone.page)).toEqual([])
    anyone.assertClean()
  },
  120_000,
)

test('behavior: what can be read is there without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  for (const [path, words] of [
    ['/receipts', 'Settled on chain'],
    ['/providers', 'Answers settled'],
    ['/docs/trust', 'chain'],
    ['/status', 'Every part answers.'],
    ['/playground', 'Who serves this task'],
  ] as const) {
    await page.goto(`${network.web}${path}`)
    await page.locator('main').getByText(words).first().waitFor({ timeout: patienceMs })
  }
  await context.close()
}, 120_000)

const shots = ['/', '/models', `/${model}`, ...pages.filter((path) => !path.startsWith('/docs/'))]

test.runIf(process.env.SCREENSHOTS === '1')(
  'behavior: pictures of the main pages for the docs',
  async () => {
    const images = resolve(import.meta.dirname, '../docs/images')
    await mkdir(images, { recursive: true })
    for (const path of shots) {
      await using anyone = await open(path, { key: aliceKey() })
      await anyone.page.getByRole('heading').first().waitFor()
      await anyone.page.evaluate(() => document.fonts.ready)
      const name = path === '/' ? 'home' : path.slice(1).replaceAll('/', '-')
      await anyone.page.screenshot({ path: join(images, `${name}.png`), animations: 'disabled' })
    }
  },
  600_000,
)
