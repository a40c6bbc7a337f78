import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations, launchBrowser, takenOver, visit } from './browser.ts'
import { startNetwork, type TestNetwork } from './network.ts'
import { isHeavy } from './python.ts'

let network: TestNetwork
let browser: Browser

const card = `---
license: mit
pipeline_tag: text-generation
base_model: dehug/dehug-tiny-chat
---
# Evil <script>document.title = 'stolen'</script>

<img src="x" onerror="document.title = 'stolen'">
<iframe src="https://tracker.example/frame"></iframe>
<style>body { display: none }</style>
<form action="https://tracker.example/form"><input name="token"><button>Sign in again</button></form>
<svg onload="document.title = 'stolen'"><a xlink:href="javascript:alert(1)">a</a></svg>
<h2 id="main">Named like a part of the page</h2>

[click](javascript:document.title='stolen') [data](data:text/html,hello) ![pixel](https://tracker.example/pixel.png)
<a href="vbscript:x" onclick="document.title = 'stolen'">link</a>

- [x] a task that is done

| ${Array.from({ length: 60 }, (_, i) => `column ${i}`).join(' | ')} |
| ${Array.from({ length: 60 }, () => '---').join(' | ')} |
${Array.from({ length: 400 }, (_, row) => `| ${Array.from({ length: 60 }, (_, i) => `cell ${row}.${i}`).join(' | ')} |`).join('\n')}
`

const post = async (path: string, body: string, type = 'application/json') => {
  const { token } = network.account('carol')
  const response = await fetch(network.hub + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body,
  })
  expect(response.status, await response.clone().text()).toBeLessThan(300)
}

const publish = async (name: string, files: Record<string, string>, options: object = {}) => {
  await post('/api/repos/create', JSON.stringify({ name, type: 'model', ...options }))
  const lines = [
    { key: 'header', value: { summary: 'First version' } },
    ...Object.entries(files).map(([path, content]) => ({ key: 'file', value: { path, content, encoding: 'utf-8' } })),
  ]
  await post(
    `/api/models/carol/${name}/commit/main`,
    lines.map((line) => JSON.stringify(line)).join('\n'),
    'application/x-ndjson',
  )
}

beforeAll(async () => {
  network = await startNetwork({ web: true, workers: 0, models: ['dehug-tiny-chat', 'demo-dataset'] })
  browser = await launchBrowser()
  await publish('evil', { 'README.md': card, 'config.json': '{"model_type": "llama"}' })
  await publish('secret', { 'README.md': '# Nobody sees this' }, { private: true })
}, 600_000)

afterAll(async () => {
  await browser?.close()
  await network?.stop()
})

const model = '/dehug/dehug-tiny-chat'
const dataset = '/datasets/dehug/demo-dataset'

const routes = [
  ...['/', '/models', '/models?view=cards&task=text-generation', '/models?search=nothing+has+this+name', '/datasets'],
  ...['', '/files', '/files/model.safetensors', '/files/config.json', '/versions', '/providers'].map(
    (tab) => model + tab,
  ),
  ...['/lineage', '/license', '/economics', '/attestations', '/discussions'].map((tab) => model + tab),
  ...['', '/preview', '/files', '/versions', '/license'].map((tab) => dataset + tab),
  ...['/u/dehug', '/leaderboards', '/leaderboards?kind=evals', '/compare', '/carol/evil', '/carol/evil/lineage'],
  '/compare?id=dehug/dehug-tiny-chat&id=carol/evil',
]

/** Every one of them where there is time. */
const checked = isHeavy ? routes : ['/', '/models', model, `${model}/files`, dataset]

describe('anybody', () => {
  test('behavior: searches, reads the card, looks at the files and verifies one against the chain', async () => {
    await using visitor = await visit(browser)
    const { page } = visitor
    await page.goto(`${network.web}/`)
    await page.getByLabel('What do you need a model for?').fill('tiny chat')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'dehug/dehug-tiny-chat' }).click()
    await page.getByRole('heading', { level: 1, name: 'dehug' }).waitFor()
    const tabs = page.getByRole('navigation', { name: 'Parts of the repository' })
    await tabs.getByRole('link', { name: 'Files' }).click()
    await page.getByRole('link', { name: 'config.json', exact: true }).click()
    await page.getByRole('link', { name: 'Download' }).waitFor()
    await takenOver(page)
    await page.getByRole('button', { name: 'Proof' }).click()
    const drawer = page.getByRole('dialog', { name: 'Proof of config.json' })
    await drawer.getByText('The chain').waitFor()
    await drawer.getByRole('button', { name: 'Verify in this browser' }).click()
    await drawer.getByText(/match the root on chain/).waitFor()
    visitor.assertClean()
  })

  test('behavior: sees who attests what, by kind and attester, and checks it', async () => {
    await using visitor = await visit(browser)
    const { page } = visitor
    await page.goto(`${network.web}${model}/attestations`)
    const rows = page.getByRole('table', { name: 'Attestations' }).getByRole('row')
    const signed = rows.filter({ hasText: /Version 1 of \d+ files/ })
    await signed.getByText('Valid').waitFor()
    await takenOver(page)
    await signed.getByRole('link', { name: /^0x/ }).click()
    await page.getByRole('link', { name: /By 0x.* only: show all/ }).waitFor()
    await page.getByRole('link', { name: /^Signed versions/ }).click()
    await page.waitForURL(/schema=version/)
    expect(await rows.count()).toBe(2)
    await signed.getByRole('button', { name: 'Proof' }).click()
    const drawer = page.getByRole('dialog', { name: 'Proof of this version' })
    await drawer.getByRole('button', { name: 'Verify in this browser' }).click()
    await drawer.getByText(/match the root on chain/).waitFor()
    await page.goto(`${network.web}/carol/evil/attestations`)
    await page.getByText('Nobody attested anything yet').waitFor()
    visitor.assertClean()
  })

  test('behavior: compares two models that they ticked', async () => {
    await using visitor = await visit(browser)
    const { page } = visitor
    await page.goto(`${network.web}/models`)
    const compare = page.getByRole('button', { name: 'Compare', exact: true })
    expect(await compare.isVisible()).toBe(false)
    await page.getByLabel('Compare dehug/dehug-tiny-chat').check()
    await page.getByLabel('Compare carol/evil').check()
    await compare.click()
    await page.getByRole('columnheader', { name: 'carol/evil' }).waitFor()
    visitor.assertClean()
  })

  test('error: what does not exist and what is private answer alike', async () => {
    const [missing, hidden] = await Promise.all(
      ['/carol/nothing', '/carol/secret'].map((path) => fetch(network.web + path)),
    )
    expect([missing?.status, hidden?.status]).toEqual([404, 404])
    expect(await hidden?.text()).not.toContain('Nobody sees this')
    const list = await (await fetch(`${network.web}/models?search=secret`)).text()
    expect(list).not.toContain('carol/secret')
  })
})

describe('a hostile card', () => {
  test('behavior: runs nothing, asks nobody, frames nothing and stays in its place', async () => {
    await using visitor = await visit(browser, { expected: /404/ })
    const { page } = visitor
    await page.goto(`${network.web}/carol/evil`)
    const shown = page.getByRole('article', { name: 'Card' })
    await shown.getByText('cell 99.59').waitFor()
    await shown.getByText(/The file has \d+ more rows/).waitFor()
    expect(await page.title()).toContain('carol/evil')
    expect(await shown.locator('script, iframe, style, form, input, svg[onload], [onclick], [onerror]').count()).toBe(0)
    const links = await shown.locator('a').evaluateAll((all) => all.map((a) => a.getAttribute('href') ?? ''))
    expect(links.filter((href) => !/^(https:|http:|\/|#)/.test(href))).toEqual([])
    await shown.getByRole('link', { name: 'pixel (tracker.example)' }).waitFor()
    expect(await page.locator('[id="main"]').count()).toBe(1)
    expect(await widthBeyondScreen(page)).toBe(0)
    visitor.assertClean()
  })
})

const widthBeyondScreen = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

describe('without JavaScript', () => {
  test('behavior: pages are whole and forms work', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    const says: [string, string | RegExp][] = [
      ['/', 'dehug/dehug-tiny-chat'],
      [model, /pipeline\("text-generation"/],
      [`${model}/files`, 'config.json'],
      [`${model}/versions`, 'On chain'],
      [`${model}/license`, 'Machine terms'],
      [`${dataset}/preview`, 'lang_name'],
    ]
    for (const [path, words] of says) {
      await page.goto(network.web + path)
      expect(await page.getByText(words).filter({ visible: true }).count(), `${path} shows ${words}`).toBeGreaterThan(0)
    }
    await page.goto(`${network.web}/models`)
    await page.getByLabel('Words').fill('tinny chat')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    expect(await page.getByRole('link', { name: 'dehug/dehug-tiny-chat' }).count()).toBe(1)
    await page
      .getByRole('link', { name: /Text generation/ })
      .first()
      .click()
    expect(page.url()).toContain('task=text-generation')
    await page.goto(network.web + model)
    await page.getByText('dehug CLI', { exact: true }).click()
    expect(await page.getByText('dehug verify').isVisible()).toBe(true)
    await context.close()
  })
})

describe('every page', () => {
  test.each(checked)('behavior: %s has no fault that axe finds, in both themes', { timeout: 240_000 }, async (path) => {
    await using visitor = await visit(browser, { expected: /404/ })
    await visitor.page.goto(network.web + path)
    expect(await axeViolations(visitor.page)).toEqual([])
    visitor.assertClean()
  })

  test('behavior: pages fit a telephone', async () => {
    await using visitor = await visit(browser, { viewport: { width: 390, height: 844 }, expected: /404/ })
    for (const path of routes) {
      await visitor.page.goto(network.web + path)
      expect(await widthBeyondScreen(visitor.page), path).toBe(0)
    }
    visitor.assertClean()
  })

  test('behavior: the theme a person chose is there in the first bytes of the next page', async () => {
    await using visitor = await visit(browser)
    const { page } = visitor
    await page.goto(`${network.web}/models`)
    await page.getByRole('button', { name: 'Switch between light and dark' }).click()
    const html = await (await page.request.get(`${network.web}/`)).text()
    expect(html).toContain('data-theme="dark"')
  })
})
