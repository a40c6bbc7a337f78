import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  await import('node:fs/promises').then(({ mkdir }) => mkdir(source))
  await writeFile(join(source, 'README.md'), '---\nlicense: cc-by-4.0\n---\n# Words\n')
  await writeFile(join(source, 'words.txt'), 'one\ntwo\n')
  const pushed = await network.client('carol').push({ folder: source, repo: RepoId.parse('carol/words', 'dataset') })
  expect(pushed).toMatchObject({ repo: 'dataset:carol/words', minted: true })
  const pulled = await network
    .client('bob')
    .pull({ version: Version.parse('dataset:carol/words'), folder: join(folder, 'theirs') })
  expect(pulled).toMatchObject({ root: pushed.root, isHead: true })
})

test('behavior: each role comes back after kill -9 and the line goes on', async () => {
  for (const role of ['origin', 'worker-1', 'database', 'chain', 'indexer'] as const) {
    await network.kill(role)
    await network.ready(role)
  }
  await network.served(model)
  expect((await ask()).receipt?.checks).toContain('answer hash')
})
