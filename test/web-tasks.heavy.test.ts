import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../src/chain/index.ts'
import { readConfig, start } from '../src/worker/index.ts'
import { axeViolations, launchBrowser, signInWithWallet, type Visit, type VisitOptions, visit } from './browser.ts'
import { startNetwork, type TestNetwork } from './network.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')
const patience = { timeout: 60_000 }
const storyMs = 240_000

let network: TestNetwork
let browser: Browser
let second: Awaited<ReturnType<typeof start>>

beforeAll(async () => {
  ;[network, browser] = await Promise.all([
    startNetwork({ web: true, models: ['dehug-tiny-chat', 'dehug-langid', 'dehug-embed', 'dehug-vision'] }),
    launchBrowser(),
  ])
  second = await serveAnother('dehug/other-chat')
}, 900_000)

afterAll(async () => {
  await second?.[Symbol.asyncDispose]()
  await browser?.close()
  await network?.stop()
})

/** Publishes the small chat model under another name, and serves it by a provider of its own. */
async function serveAnother(name: string) {
  const repo = { type: 'model', namespace: 'dehug', name: name.split('/')[1] as string } as const
  await network.client('dehug').push({ folder: join(fixtures, 'dehug-tiny-chat'), repo })
  const config = {
    databaseUrl: network.databaseUrl,
    rpcUrl: network.rpcUrl,
    deployment: join(network.home, 'chain/deployment.json'),
    providerKey: DevKeys.get('node-2', DevKeys.devChainId).privateKey,
    storeDir: join(network.home, 'store'),
    modelsDir: join(network.home, 'models/other'),
    sources: [network.hub],
    models: [{ model: name, prices: { in: '0.2', out: '0.8' } }],
    logLevel: 'silent',
  }
  const worker = await start(readConfig(config))
  await network.served(name)
  return worker
}

/** Opens a path as somebody whose browser keeps this key. */
async function open(path: string, { key, ...options }: VisitOptions & { key?: string } = {}): Promise<Visit> {
  const opened = await visit(browser, options)
  opened.page.setDefaultTimeout(patience.timeout)
  if (key) await opened.context.addInitScript((key) => localStorage.setItem('dehug.api-key', key), key)
  await opened.page.goto(`${network.web}${path}`)
  return opened
}

const aliceKey = () => network.account('alice').apiKey ?? ''

test('behavior: two models answer the same question side by side, each with its price and receipt', {
  timeout: storyMs,
}, async () => {
  await using alice = await open('/playground?task=text-generation&text=What+is+DeHug%3F&max=16', { key: aliceKey() })
  const { page } = alice
  await page.getByRole('button', { name: /Compare with another text generation model/ }).click()
  await page
    .getByTestId('quote')
    .getByText(/for 2 models/)
    .waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await expect.poll(() => page.getByTestId('receipt').count(), patience).toBe(2)
  const answers = await page.getByTestId('answer').allTextContents()
  expect(answers).toHaveLength(2)
  expect(answers[0]).toContain('DeHug')
  expect(answers[1]).toBe(answers[0])
  expect(await axeViolations(page)).toEqual([])
  await page
    .getByRole('button', { name: /^Remove / })
    .first()
    .click()
  await page
    .getByTestId('quote')
    .getByText(/Costs at most \$0\.\d+\. You/)
    .waitFor()
  expect(await page.getByTestId('answer').count()).toBe(1)
  alice.assertClean()
})

test('behavior: texts are classified, each with its labels', { timeout: storyMs }, async () => {
  await using alice = await open('/dehug/dehug-langid/run', { key: aliceKey() })
  const { page } = alice
  await page
    .getByLabel('Texts, one a line')
    .fill('Guten Morgen, wie geht es dir heute?\nGood morning, how are you today?')
  await page.getByLabel('Labels shown').fill('3')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByTestId('receipt').waitFor()
  const lists = page.getByTestId('answer').getByRole('list')
  expect(await lists.count()).toBe(2)
  expect(await lists.first().getByRole('listitem').count()).toBe(3)
  expect(await lists.first().getByRole('listitem').first().textContent()).toMatch(/de|deu|German/)
  expect(await axeViolations(page)).toEqual([])
  alice.assertClean()
})

test('behavior: texts become vectors, and how close they are is shown', { timeout: storyMs }, async () => {
  await using alice = await open('/dehug/dehug-embed/run', { key: aliceKey() })
  const { page } = alice
  await page.getByLabel('Texts, one a line').fill('A cat sleeps.\nThe kitten naps.\nInterest rates rise.')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByTestId('receipt').waitFor()
  await page.getByText(/^3 vectors of \d+ numbers\.$/).waitFor()
  const table = page.getByRole('table', { name: /How close the texts are/ })
  expect(await table.getByRole('cell', { name: '1.000' }).count()).toBe(3)
  expect(await axeViolations(page)).toEqual([])
  alice.assertClean()
})

test('behavior: a picture is classified, by a provider and in the browser alike', { timeout: storyMs }, async () => {
  await using alice = await open('/dehug/dehug-vision/run', { key: aliceKey() })
  const { page } = alice
  const samples = join(fixtures, 'dehug-vision/samples')
  const [sample = ''] = (await readdir(samples)).filter((name) => /\.(png|jpe?g)$/.test(name)).sort()
  await page.getByLabel(/^Picture/).setInputFiles(join(samples, sample))
  await page.getByAltText('What will be classified').waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByTestId('receipt').waitFor()
  const best = () => page.getByTestId('answer').getByRole('listitem').first().locator('span').first().textContent()
  const paid = await best()
  await page.getByRole('radio', { name: /This browser/ }).check()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText(/Ran on this machine/).waitFor()
  expect(await best()).toBe(paid)
  expect(await axeViolations(page)).toEqual([])
  alice.assertClean()
})

test('behavior: out of funds in the playground, topped up, and on with the same words', {
  timeout: storyMs,
}, async () => {
  const { apiKey } = await network.client('bob').fund({ amountMicroUsdc: 0n, capMicroUsdc: 1n })
  const wallet = { privateKey: DevKeys.get('bob', DevKeys.devChainId).privateKey, rpcUrl: network.rpcUrl }
  await using bob = await visit(browser, { wallet, expected: /status of (401|402|403|404)/ })
  const { page } = bob
  page.setDefaultTimeout(patience.timeout)
  await page.goto(`${network.web}/dehug/dehug-tiny-chat/run?max=24`)
  await page.getByLabel(/Inference key/).fill(apiKey)
  await page.getByRole('button', { name: 'Keep' }).click()
  await page.getByLabel('Message', { exact: true }).fill('What is DeHug? Tell me all.')
  await page
    .getByTestId('quote')
    .getByText(/Costs at most/)
    .waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page
    .getByRole('alert')
    .getByRole('link', { name: /Raise the limit of the key|Add money/ })
    .click()
  await page.waitForURL(/\/billing\?return=/)
  await signInWithWallet(page, 'bob')
  await page.getByRole('button', { name: 'Top up' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Sign' }).click()
  await dialog.getByText('Done.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('link', { name: 'Back to where you were' }).click()
  await page
    .getByTestId('quote')
    .getByText(/Costs at most/)
    .waitFor()
  expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('What is DeHug? Tell me all.')
  expect(await page.getByLabel('Most tokens').inputValue()).toBe('24')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByTestId('receipt').waitFor()
  bob.assertClean()
})
