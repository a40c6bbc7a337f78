import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DevKeys } from '../src/chain/index.ts'
import { screen } from '../src/cli/testing.ts'
import { file, header, lfs, startHubClient } from '../src/hub/hub-client.ts'
import { tokens } from '../src/hub/start-test-hub.ts'
import { startWire } from '../src/sdk/test-source.ts'
import { startHubNetwork } from '../src/sdk/testing.ts'

let source: Awaited<ReturnType<typeof startHubClient>>
let wire: Awaited<ReturnType<typeof startWire>>
let network: Awaited<ReturnType<typeof startHubNetwork>>
let dir: string
let env: Record<string, string>
const readme = '---\nlicense: apache-2.0\n---\n# Open\n'

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-carry-'))
  source = await startHubClient()
  network = await startHubNetwork()
  wire = await startWire(source.url)
  env = {
    DEHUG_HOME: join(dir, 'home'),
    DEHUG_ENDPOINT: network.url,
    DEHUG_TOKEN: 'hf_alice_token',
    DEHUG_PRIVATE_KEY: DevKeys.get('alice', DevKeys.devChainId).privateKey,
  }
  const object = await source.upload(randomBytes(6 * 2 ** 20), 'ada/open', tokens.ada)
  const texts = Array.from({ length: 12 }, (_, i) => file(`texts/${i}.txt`, `text ${i}`))
  await source.commit([header(), file('README.md', readme), ...texts, lfs('model.bin', object)])
  await source.commit([header(), file('data.txt', 'x')], 'lab/secret')
}, 180_000)
afterAll(async () => {
  await wire?.close()
  await source?.stop()
  await network?.stop()
  await rm(dir, { recursive: true, force: true })
})
beforeEach(() => wire.clear())

const dehug = async (...args: string[]) => {
  const shown = await screen(args, { env, now: Date.now })
  return { ...shown, stdout: blur(shown.stdout), stderr: blur(shown.stderr) }
}

/** What differs from run to run. */
const blur = (text: string): string =>
  text
    .replaceAll(dir, '<dir>')
    .replaceAll(network.url, '<hub>')
    .replaceAll(wire.url, '<source>')
    .replaceAll(/0x[0-9a-f]{64}/g, '0x…64')
    .replaceAll(/0x[0-9a-f]{40}/g, '0x…40')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>')
    .replaceAll(/baf[a-z2-7]{50,}/g, '<cid>')
    .replaceAll(/\b\d{60,80}\b/g, '<id>')
    .replaceAll(/block \d+/g, 'block <n>')

test('behavior: a repository of another hub is taken over, carried in a file, checked and unpacked on the command line', async () => {
  const from = ['--from', wire.url]
  expect(await dehug('import', 'hf:ada/open', ...from, '--as', 'alice/open')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "model:alice/open: 15 files, 6.3 MB (6.3 MB fetched, 6.3 MB sent)
    source    model:ada/open@<commit> from <source>
    license   Apache-2.0
    root      0x…64
    manifest  <cid>
    commit    <commit>
    minted    NFT <id>, tx 0x…64
    unclaimed: you keep it for its origin; it is free and pays no royalties
    <hub>/alice/open
    ",
    }
  `)
  expect((await dehug('import', 'hf:ada/open@main', ...from, '--as', 'alice/open')).stdout).toContain(
    'already, exactly',
  )
  const car = join(dir, 'open.car')
  expect((await dehug('export', 'alice/open', '--to', car)).stdout).toMatchInlineSnapshot(`
    "<dir>/open.car: model:alice/open, 15 files, 6.3 MB
    root      0x…64
    manifest  <cid>
    sha256    <sha256>
    "
  `)
  env.DEHUG_ENDPOINT = 'http://127.0.0.1:9'
  expect(await dehug('verify', car)).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "This is an import of model:ada/open@<commit> from <source>; unclaimed, kept by a custodian.
    ",
      "stdout": "<dir>/open.car is model:alice/open: 15 files, 6.3 MB, all as published
    root 0x…64
    signed by 0x…40: checked
    chain 31337, registry 0x…40, block <n>, tx 0x…64: not asked
    ",
    }
  `)
  expect((await dehug('import', car, '--to', join(dir, 'unpacked'))).stdout).toMatchInlineSnapshot(`
    "model:alice/open: 15 files, 6.3 MB in <dir>/unpacked
    root 0x…64
    signed by 0x…40: checked
    chain 31337, registry 0x…40, block <n>, tx 0x…64: not asked
    "
  `)
  expect((await dehug('verify', join(dir, 'unpacked'), '--offline')).exitCode).toBe(0)
  const damaged = await readFile(car)
  damaged[100_000] = (damaged[100_000] as number) ^ 1
  await writeFile(car, damaged)
  expect(await dehug('verify', car)).toMatchInlineSnapshot(`
    {
      "exitCode": 3,
      "stderr": "Error: The bundle is not sound: the block <cid> has other bytes than its CID says.
    Hint: Nothing of it was kept. Copy it again, or have it exported again.
    ",
      "stdout": "",
    }
  `)
  env.DEHUG_ENDPOINT = network.url
})

test('error: what cannot be imported says the way out', async () => {
  const from = ['--from', wire.url]
  expect(await dehug('import', 'hf:lab/secret', ...from, '--as', 'alice/x')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "Error: <source> knows no model:lab/secret@main.
    Hint: Check name, type and revision; what is private or gated needs --source-token of somebody who may read it.
    ",
      "stdout": "",
    }
  `)
  expect(await dehug('import', 'hf:ada/open', '--as', 'alice/x')).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "Error: Which hub is it imported from?
    Hint: Say it with --from, for example --from https://huggingface.co.
    ",
      "stdout": "",
    }
  `)
  expect(await dehug('import', 'nothing.car')).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "Error: "nothing.car" is neither hf:ORG/NAME nor a bundle file.
    Hint: Write hf:org/name --from https://hub.example, or the path of a .car file.
    ",
      "stdout": "",
    }
  `)
  expect((await dehug('import', 'hf:../x', ...from)).exitCode).toBe(2)
  const secret = await screen(
    ['import', 'hf:lab/secret', ...from, '--as', 'alice/x', '--source-token', tokens.ada, '--json'],
    { env, now: Date.now },
  )
  expect(JSON.parse(secret.stdout).error).toMatchObject({ code: 'license_missing', exitCode: 2 })
  const asked = await screen(['import', 'hf:lab/secret', ...from, '--as', 'alice/x', '--source-token', tokens.ada], {
    env,
    now: Date.now,
    isTty: true,
    typed: ['mit'],
  })
  expect(asked.stderr).toContain('lab/secret does not say its license.')
  expect(asked.stdout).toContain('license   MIT')
})

test('behavior: an import that is killed goes on where it was and fetches nothing again', async () => {
  const args = ['import', 'hf:ada/open', '--from', wire.url, '--as', 'alice/killed', '--json']
  const run = () => {
    const child = spawn('node', [resolve('bin/dehug.mjs'), ...args], { env: { ...process.env, ...env } })
    let stdout = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    return { child, done: new Promise<string>((end) => child.once('close', () => end(stdout))) }
  }
  const first = run()
  // The large file stops half-way, after all small ones are there; then the process dies.
  wire.on(async (request, response, body) => {
    if (!request.url?.endsWith('model.bin')) return false
    const answer = await body()
    response.writeHead(200, { 'content-length': answer.body.length })
    response.write(answer.body.subarray(0, 4 * 2 ** 20))
    const waiting = setInterval(() => {
      if (wire.files().length < 15) return
      clearInterval(waiting)
      setTimeout(() => first.child.kill('SIGKILL'), 500)
    }, 50)
    return true
  })
  await first.done
  const before = new Set(wire.files())
  expect(before.size).toBe(15)
  wire.clear()
  const result = JSON.parse(await run().done)
  expect(result).toMatchObject({ files: 15, anchored: true })
  expect(result.fetchedBytes).toBeLessThanOrEqual(2 * 2 ** 20 + 1000)
  expect(wire.asked.filter(({ path }) => path.includes('/resolve/'))).toMatchObject([
    { range: expect.stringMatching(/^bytes=[1-9]\d+-$/) },
  ])
}, 120_000)
