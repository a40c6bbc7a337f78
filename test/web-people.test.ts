import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../src/chain/index.ts'
import { axeViolations, launchBrowser, signInWithNewKey, signInWithWallet, takenOver, visit } from './browser.ts'
import { startNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork
let browser: Browser

const patience = { timeout: 30_000 }
const storyMs = 180_000
/** What the console says about answers that the stories ask for. */
const expected = /status of (401|403|404|409)/

const call = async (as: string, method: string, path: string, body?: unknown, type = 'application/json') => {
  const answer = await fetch(network.hub + path, {
    method,
    headers: { authorization: `Bearer ${network.account(as).token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  expect(answer.status, `${method} ${path}: ${text}`).toBeLessThan(300)
  return text === '' ? undefined : JSON.parse(text)
}

const commit = (as: string, repo: string, path: string, content: string, query = '') => {
  const lines = [
    { key: 'header', value: { summary: `Write ${path}` } },
    { key: 'file', value: { path, content, encoding: 'utf-8' } },
  ].map((line) => JSON.stringify(line))
  return call(as, 'POST', `/api/models/${repo}/commit/main${query}`, lines.join('\n'), 'application/x-ndjson')
}

const create = async (name: string) => {
  await call('carol', 'POST', '/api/repos/create', { name, type: 'model' })
  await commit('carol', `carol/${name}`, 'README.md', `# ${name}\n`)
  await commit('carol', `carol/${name}`, 'data.txt', `data of ${name}\n`)
}

const wallet = () => ({ privateKey: DevKeys.get('carol', DevKeys.devChainId).privateKey, rpcUrl: network.rpcUrl })

/** Carol, signed in with her wallet, at a path. */
const carolAt = async (path: string) => {
  const carol = await visit(browser, { expected, wallet: wallet() })
  carol.page.setDefaultTimeout(patience.timeout)
  await carol.page.goto(network.web + path)
  await signInWithWallet(carol.page, 'carol')
  return carol
}

/** Somebody new, signed in with a key of their browser, at a path. */
const strangerAt = async (path: string, name: string) => {
  const stranger = await visit(browser, { expected })
  stranger.page.setDefaultTimeout(patience.timeout)
  await stranger.page.goto(network.web + path)
  await signInWithNewKey(stranger.page, name)
  return stranger
}

/** Opens a page anew, as the server knows the visitor now. */
const open = async (page: Page, path: string) => {
  await page.goto(network.web + path)
  await takenOver(page)
}

beforeAll(async () => {
  ;[network, browser] = await Promise.all([startNetwork({ web: true, workers: 0 }), launchBrowser()])
  for (const name of ['talk', 'gate', 'old-name', 'target']) await create(name)
}, 600_000)

afterAll(async () => {
  await browser?.close()
  await network?.stop()
})

test('behavior: a like and a follow stay, are counted, and can be taken back', { timeout: storyMs }, async () => {
  await using dora = await strangerAt('/dehug/dehug-tiny-chat', 'dora')
  const { page } = dora
  const like = page.getByRole('button', { name: /^Like/ })
  await like.click()
  await page.getByRole('button', { name: 'Like 1' }).waitFor()
  await open(page, '/dehug/dehug-tiny-chat')
  expect(await like.getAttribute('aria-pressed')).toBe('true')
  await like.click()
  await page.getByRole('button', { name: 'Like 0' }).waitFor()
  expect(await call('carol', 'GET', '/api/models/dehug/dehug-tiny-chat/likers')).toEqual([])

  await page.getByRole('link', { name: 'dehug', exact: true }).click()
  await page.getByRole('button', { name: 'Follow', exact: true }).click()
  await page.getByRole('button', { name: 'Following' }).waitFor()
  await open(page, '/u/dehug')
  expect(await page.getByRole('button', { name: 'Following' }).getAttribute('aria-pressed')).toBe('true')
  await page.getByRole('button', { name: 'Following' }).click()
  await page.getByRole('button', { name: 'Follow', exact: true }).waitFor()
  dora.assertClean()
})

test('behavior: a question is asked, its owner is told, answers and closes it', { timeout: storyMs }, async () => {
  await using erin = await strangerAt('/carol/talk/discussions', 'erin')
  await erin.page.getByRole('button', { name: 'New discussion' }).click()
  const dialog = erin.page.getByRole('dialog', { name: 'New discussion' })
  await dialog.getByLabel('Title').fill('Which data was it trained on?')
  await dialog.getByLabel(/Words/).fill('I **need** to know.')
  await dialog.getByRole('button', { name: 'Post' }).click()
  await erin.page.waitForURL(/\/carol\/talk\/discussions\/\d+$/)
  await erin.page.locator('strong', { hasText: 'need' }).waitFor()

  await using carol = await carolAt('/notifications')
  await carol.page.getByText('1 new one.').waitFor()
  expect(await axeViolations(carol.page)).toEqual([])
  await carol.page.getByRole('link', { name: /Which data was it trained on/ }).click()
  await carol.page.getByLabel('Your answer').fill('Only on the README.')
  await carol.page.getByRole('button', { name: 'Comment' }).click()
  await carol.page.locator('li').getByText('Only on the README.').waitFor()
  await carol.page.getByRole('button', { name: 'Close', exact: true }).click()
  await carol.page.getByText('Discussion, closed').waitFor()

  await open(erin.page, '/notifications')
  await erin.page.getByRole('link', { name: /Which data was it trained on/ }).waitFor()
  await erin.page.getByRole('button', { name: 'Mark all as read' }).click()
  await erin.page.getByText('All is read.').waitFor()
  erin.assertClean()
  carol.assertClean()
})

test('behavior: a pull request is looked at and merged', { timeout: storyMs }, async () => {
  await commit('alice', 'carol/talk', 'notes.md', 'Written by Alice.\n', '?create_pr=1')
  await using carol = await carolAt('/carol/talk/discussions')
  const { page } = carol
  await page.getByRole('link', { name: 'Write notes.md' }).click()
  await page.getByText('Written by Alice.').waitFor()
  await page.getByRole('button', { name: 'Merge' }).click()
  await page.getByText('Pull request, merged').waitFor()
  const file = await fetch(`${network.web}/carol/talk/resolve/main/notes.md`)
  expect(await file.text()).toBe('Written by Alice.\n')
  carol.assertClean()
})

test('behavior: who is behind a gate asks, the owner lets them in, both are told', { timeout: storyMs }, async () => {
  await using carol = await carolAt('/carol/gate/settings')
  await carol.page.getByLabel('To get the files').selectOption('manual')
  await carol.page.getByRole('button', { name: 'Save', exact: true }).click()
  await carol.page.getByText('Saved.').waitFor()

  await using finn = await strangerAt('/carol/gate', 'finn')
  const fileOf = () => finn.page.request.get(`${network.web}/carol/gate/resolve/main/data.txt`)
  expect((await fileOf()).status()).toBe(403)
  await open(finn.page, '/carol/gate')
  await finn.page.getByRole('button', { name: 'Ask for access' }).click()
  await finn.page.getByText('You asked; the owner decides.').waitFor()

  await open(carol.page, '/notifications')
  await carol.page.getByRole('link', { name: /asks for access to carol\/gate/ }).click()
  await carol.page.getByRole('button', { name: 'Let in finn' }).click()
  await carol.page.getByRole('button', { name: 'Take back finn' }).waitFor()
  expect(await axeViolations(carol.page)).toEqual([])

  await open(finn.page, '/notifications')
  await finn.page.getByRole('link', { name: /Your request for carol\/gate is accepted/ }).click()
  await finn.page.getByRole('heading', { name: 'gate' }).last().waitFor()
  expect(await (await fileOf()).text()).toBe('data of gate\n')

  await open(carol.page, '/carol/gate/settings')
  await carol.page.getByRole('button', { name: 'Take back finn' }).click()
  await carol.page.getByRole('button', { name: 'Let in finn' }).waitFor()
  expect((await fileOf()).status()).toBe(403)
  carol.assertClean()
  finn.assertClean()
})

test('behavior: what is not on chain gets another name, and is deleted by typing it', {
  timeout: storyMs,
}, async () => {
  await using carol = await carolAt('/carol/old-name/settings')
  const { page } = carol
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('new-name')
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.waitForURL(`${network.web}/carol/new-name/settings`)
  await open(page, '/carol/old-name')
  expect(page.url()).toBe(`${network.web}/carol/new-name`)
  await open(page, '/carol/new-name/settings')
  const remove = page.getByRole('button', { name: 'Delete', exact: true })
  await page.getByLabel(/^Type carol\/new-name/).fill('carol/new')
  expect(await remove.isDisabled()).toBe(true)
  await page.getByLabel(/^Type carol\/new-name/).fill('carol/new-name')
  await remove.click()
  await page.waitForURL(`${network.web}/dashboard`)
  expect((await fetch(`${network.web}/carol/new-name`)).status).toBe(404)
  carol.assertClean()
})

test('error: other sites can neither like, comment, merge, let in, rename nor delete', {
  timeout: storyMs,
}, async () => {
  await using carol = await carolAt('/carol/target')
  await call('alice', 'POST', '/api/models/carol/target/discussions', { title: 'Question', description: 'Words' })
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>Evil'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const evil = await carol.context.newPage()
  // Another port is another origin, and the browser still sends it the cookie.
  await evil.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const api = '/api/models/carol/target'
  const wishes: [string, object][] = [
    [`${api}/like`, {}],
    [`${api}/discussions`, { title: 'Spam', description: 'Spam' }],
    [`${api}/discussions/1/comment`, { comment: 'Spam' }],
    [`${api}/discussions/1/status`, { status: 'closed' }],
    [`${api}/user-access-request/grant`, { user: 'alice' }],
    ['/api/users/alice/follow', {}],
    ['/api/repos/move', { fromRepo: 'carol/target', toRepo: 'carol/stolen', type: 'model' }],
    ['/api/dehug/notifications/read', {}],
  ]
  const answers = Promise.all(
    wishes.map(([path]) => carol.context.waitForEvent('response', (answer) => answer.url() === network.web + path)),
  )
  await evil.evaluate(
    async ({ web, wishes }) => {
      for (const [path, body] of wishes)
        await fetch(web + path, {
          method: 'POST',
          mode: 'no-cors',
          credentials: 'include',
          headers: { 'content-type': 'text/plain' },
          body: JSON.stringify(body),
        })
    },
    { web: network.web, wishes },
  )
  expect((await answers).map((answer) => answer.status() >= 400)).toEqual(wishes.map(() => true))
  expect(await call('carol', 'GET', `${api}/likers`)).toEqual([])
  const { discussions } = await call('carol', 'GET', `${api}/discussions`)
  expect(discussions).toMatchObject([{ title: 'Question', status: 'open' }])
  server.close()
})
