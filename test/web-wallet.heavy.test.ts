import { randomBytes } from 'node:crypto'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launchBrowser, visit } from './browser.ts'
import { startNetwork } from './network.ts'

const slow = { timeout: 120_000 }
const fileBytes = 2 * 2 ** 30
const mostTabBytes = 300 * 2 ** 20

/** Resident bytes of the largest renderer that descends from this process. */
const tabBytes = async (): Promise<number> => {
  let most = 0
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, status] = await Promise.all(
      ['cmdline', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
    )
    if (!command?.includes('--type=renderer')) continue
    // Without what it shares with other processes, such as the program itself.
    const kilobytes = Number(/RssAnon:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0)
    most = Math.max(most, kilobytes * 1024)
  }
  return most
}

const bigFolder = async (dir: string): Promise<void> => {
  await writeFile(join(dir, 'README.md'), '---\nlicense: mit\n---\n\n# Large\n')
  const file = await open(join(dir, 'weights.onnx'), 'w')
  for (let written = 0; written < fileBytes; written += 2 ** 26) await file.write(randomBytes(2 ** 26))
  await file.close()
}

test('behavior: 2 GB are cut off in the middle and go on after a reload, in less than 300 MB of the tab', {
  timeout: 1_800_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-web-heavy-'))
  const [network, browser] = await Promise.all([
    startNetwork({ web: true, workers: 0 }),
    launchBrowser(),
    bigFolder(dir),
  ])
  try {
    await using visitor = await visit(browser, { expected: /status of (401|404)/ })
    const { page } = visitor
    let sent = 0
    page.on('requestfinished', (request) => {
      if (request.method() === 'PUT') sent += 1
    })
    await page.goto(`${network.web}/new`)
    await page.getByRole('button', { name: 'Sign in' }).click(slow)
    await page.getByLabel(/Name of a new account/).fill('heavy', slow)
    await page.getByRole('button', { name: 'Make a key and sign in' }).click()
    const input = page.getByLabel('Folder to publish')
    await input.setInputFiles(dir, slow)
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('large', slow)
    let most = 0
    const watching = setInterval(() => tabBytes().then((bytes) => (most = Math.max(most, bytes))), 500)
    await page.getByRole('button', { name: 'Sign and publish' }).click(slow)
    await expect.poll(() => sent, { timeout: 900_000, interval: 500 }).toBeGreaterThan(60)
    const before = sent
    await page.reload()
    await page.getByText(/Choose the folder again/).waitFor(slow)
    await input.setInputFiles(dir, slow)
    await page.getByRole('button', { name: 'Sign and publish' }).click(slow)
    await page.waitForURL(`${network.web}/heavy/large`, { timeout: 900_000 })
    clearInterval(watching)
    expect(sent - before, 'parts sent after the reload, of 128').toBeLessThan(128 - 50)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(mostTabBytes)
  } finally {
    await browser.close()
    await network.stop()
    await rm(dir, { recursive: true, force: true })
  }
})
