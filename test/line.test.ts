import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { screen } from '../src/cli/testing.ts'
import { RepoId, Version } from '../src/core/index.ts'
import { Ledger } from '../src/sdk/index.ts'
import { audit } from '../src/settle/index.ts'
import { startNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-line-'))
  network = await startNetwork({ models: ['dehug-tiny-chat', 'demo-dataset'] })
})
afterAll(async () => {
  await network?.stop()
  await rm(folder, { recursive: true, force: true })
})

const model = 'dehug/dehug-tiny-chat'
const ask = (idempotencyKey?: string) =>
  network
    .client('alice')
    .chat({ model, messages: [{ role: 'user', content: 'What is DeHug?' }], maxTokens: 24, idempotencyKey })

test('behavior: publish, run, pay, settle, verify', async () => {
  const answer = await ask()
  expect(answer.text).toBe(
    'DeHug is a decentralized hub for AI models and datasets. Creators publish models, mint a model NFT and earn royalties when people',
  )
  expect(answer.receipt?.checks).toContain('answer hash')
  expect(answer.feeMicroUsdc).toBeGreaterThan(0n)

  const alice = network.client('alice')
  const { released, kept } = await alice.release()
  expect(kept).toEqual([])
  expect(released).toMatchObject([{ spent: answer.feeMicroUsdc }])

  const creator = network.client('dehug')
  const { revenueMicroUsdc } = await creator.earnings()
  expect(revenueMicroUsdc).toBe((answer.feeMicroUsdc * 2000n) / 10_000n)
  expect(await creator.claim()).toMatchObject({ revenueMicroUsdc })

  const to = join(folder, 'pulled')
  await alice.pull({ version: Version.parse(model), folder: to })
  expect(await alice.verify({ folder: to })).toMatchObject({ anchored: true, isHead: true, extra: [] })
  const { chain } = await Ledger.open(alice.connection)
  expect(await audit({ chain })).toMatchObject({ ok: true, batches: 1, totals: { claimed: answer.feeMicroUsdc } })
})

test('behavior: the same idempotency key gives the same answer and one charge', async () => {
  const [first, second] = [await ask('once'), await ask('once')]
  expect(second.text).toBe(first.text)
  expect(second.receipt?.jobId).toBe(first.receipt?.jobId)
  const receipts = await network.client('alice').receipts()
  expect(receipts.filter(({ jobId }) => jobId === first.receipt?.jobId)).toHaveLength(1)
})

test('behavior: what was published by a person can be pulled by another', async () => {
  const source = join(folder, 'mine')
  await mkdir(source)
  await writeFile(join(source, 'README.md'), '---\nlicense: cc-by-4.0\n---\n# Words\n')
  await writeFile(join(source, 'words.txt'), 'one\ntwo\n')
  const pushed = await network.client('carol').push({ folder: source, repo: RepoId.parse('carol/words', 'dataset') })
  expect(pushed).toMatchObject({ repo: 'dataset:carol/words', minted: true })
  const pulled = await network
    .client('bob')
    .pull({ version: Version.parse('dataset:carol/words'), folder: join(folder, 'theirs') })
  expect(pulled).toMatchObject({ root: pushed.root, isHead: true })
})

test('behavior: a person does the same on the command line', async () => {
  const env = { DEHUG_HOME: join(folder, 'me'), DEHUG_ENDPOINT: network.hub }
  const dehug = async (...args: string[]) => {
    const shown = await screen(args, { env, now: Date.now })
    return { ...shown, stdout: blur(shown.stdout), stderr: blur(shown.stderr) }
  }
  const source = join(folder, 'by-hand')
  await mkdir(source)
  await writeFile(join(source, 'README.md'), '---\nlicense: mit\n---\n')
  await writeFile(join(source, 'data.csv'), 'a,b\n1,2\n')

  expect((await dehug('login', '--dev', 'bob')).stdout).toMatchInlineSnapshot(`
    "Logged in to <hub> as bob (0x15d34aaf54267db7d7c367839aaf71a00a2c6a65).
    "
  `)
  expect((await dehug('push', source, 'dataset:bob/by-hand')).stdout).toMatchInlineSnapshot(`
    "dataset:bob/by-hand: 3 files, 1.7 KB (2 changed, 29 B sent)
    root      0x…64
    manifest  <cid>
    commit    <commit>
    minted    NFT 2207733535445161107943242157608285981201214251065715182421359122342976395840, tx 0x…64
    <hub>/datasets/bob/by-hand
    "
  `)
  expect((await dehug('push', source, 'dataset:bob/by-hand')).stdout).toMatchInlineSnapshot(`
    "dataset:bob/by-hand: 3 files, 1.7 KB (nothing to send)
    root      0x…64
    manifest  <cid>
    commit    <commit>
    anchored  already, exactly this version
    <hub>/datasets/bob/by-hand
    "
  `)
  expect((await dehug('pull', 'dataset:bob/by-hand', '--to', join(folder, 'back'))).stdout).toMatchInlineSnapshot(`
    "dataset:bob/by-hand: 3 files, 1.7 KB in <folder>/back
      1.7 KB fetched, 0 files were there already
      root 0x…64 (anchored on chain 31337)
    "
  `)
  await writeFile(join(folder, 'back/data.csv'), 'a,b\n1,3\n')
  expect(await dehug('verify', join(folder, 'back'))).toMatchInlineSnapshot(`
    {
      "exitCode": 3,
      "stderr": "Error: <folder>/back is not dataset:bob/by-hand as it was published: data.csv has other bytes.
    Hint: Pull it again; files that are right are kept.
    ",
      "stdout": "",
    }
  `)
  expect(await dehug('channel', 'fund', '2', '--cap', '1')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "Deposited 2 USDC; the key may spend 1 USDC until <day>.
    tx 0x…64
    ",
      "stdout": "sk-dehug-…
    ",
    }
  `)
  expect(await dehug('run', model, 'What is DeHug?', '--max-tokens', '8')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "7 + 8 tokens, 0.000078 USDC, receipt 0x… checked
    ",
      "stdout": "DeHug is a decentralized hub for AI models
    ",
    }
  `)
  expect((await dehug('channel', 'release')).stdout).toMatchInlineSnapshot(`
    "0x…64: 0.049922 USDC freed, 0.000078 USDC paid, tx 0x…64
    "
  `)
  expect((await dehug('audit')).stdout).toContain('No difference.')
  expect((await dehug('run', model, 'hi', '--api-key', 'sk-wrong')).exitCode).toBe(5)
})

/** What differs from run to run. */
const blur = (text: string): string =>
  text
    .replaceAll(folder, '<folder>')
    .replaceAll(network.hub, '<hub>')
    .replaceAll(/0x[0-9a-f]{64}/g, '0x…64')
    .replaceAll(/0x[0-9a-f]{6}…[0-9a-f]{4}/g, '0x…')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>')
    .replaceAll(/baf[a-z2-7]{50,}/g, '<cid>')
    .replaceAll(/sk-dehug-[\w-]{43}/g, 'sk-dehug-…')
    .replaceAll(/\d{4}-\d\d-\d\d/g, '<day>')

test('behavior: each role comes back after kill -9 and the line goes on', async () => {
  for (const role of ['origin', 'worker-1', 'database', 'chain', 'indexer'] as const) {
    await network.kill(role)
    await network.ready(role)
  }
  await network.served(model)
  expect((await ask()).receipt?.checks).toContain('answer hash')
})
