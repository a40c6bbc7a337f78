import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../src/chain/index.ts'
import type { UpResult } from '../src/cli/commands/up.ts'
import { RepoId, Version } from '../src/core/index.ts'
import { Client, PortableSigner } from '../src/sdk/index.ts'

let dir: string
const started: ChildProcess[] = []
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-up-'))
})
afterAll(async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  await Promise.all(started.map((child) => child.exitCode !== null || child.signalCode !== null || once(child, 'exit')))
  await rm(dir, { recursive: true, force: true })
})

/** `dehug up` as a process; resolves with its one line of JSON. */
async function up(...options: string[]): Promise<{ child: ChildProcess; facts: UpResult }> {
  const bin = resolve(import.meta.dirname, '../bin/dehug.mjs')
  const args = [
    bin,
    'up',
    '--home',
    join(dir, 'home'),
    '--port',
    '0',
    '--chain-port',
    '0',
    '--web-port',
    '0',
    '--json',
    ...options,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let log = ''
  child.stderr?.on('data', (chunk) => {
    log += chunk
  })
  const line = new Promise<string>((done) => createInterface({ input: child.stdout! }).once('line', done))
  const exit = once(child, 'exit')
  const ended = exit.then(([code]) => Promise.reject(new Error(`up ended with ${code}: ${log}`)))
  const facts = JSON.parse(await Promise.race([line, ended]))
  if (facts.error) {
    await exit
    throw new Error(facts.error.detail)
  }
  return { child, facts }
}

/** Processes whose command line names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    const command = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : ''
    if (command.includes(folder)) found.push(command.replaceAll('\0', ' '))
  }
  return found
}

const clientOf = ({ hub, accounts }: UpResult) =>
  Client.from({
    endpoint: hub,
    token: accounts.find((account) => account.name === 'alice')?.token,
    signer: PortableSigner.from(DevKeys.get('alice', DevKeys.devChainId).privateKey),
  })

test('behavior: after kill -9 of the supervisor nothing is lost and nothing is left over', async () => {
  const folder = join(dir, 'model')
  await mkdir(folder)
  await writeFile(join(folder, 'README.md'), '---\nlicense: mit\n---\n')
  const first = await up('--no-demo')
  expect(first.facts).toMatchObject({ graphql: `${first.facts.hub}/graphql` })
  const page = await fetch(first.facts.web ?? '')
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('DeHug')])
  expect(first.facts.accounts.every(({ apiKey }) => apiKey?.startsWith('sk-dehug-'))).toBe(true)
  const pushed = await clientOf(first.facts).push({ folder, repo: RepoId.parse('alice/kept') })

  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = await up('--no-demo')
  expect(second.facts).toEqual(first.facts)
  const pulled = await clientOf(second.facts).pull({
    version: Version.parse('alice/kept'),
    folder: join(dir, 'pulled'),
  })
  expect(pulled).toMatchObject({ root: pushed.root, isHead: true })

  second.child.kill('SIGTERM')
  expect(await once(second.child, 'exit')).toEqual([0, null])
  expect(await processesOf(join(dir, 'home'))).toEqual([])
}, 300_000)

test('error: a network that runs already, and a taken port, are said at once', async () => {
  const running = await up('--no-demo')
  await expect(up('--no-demo')).rejects.toThrow('A network already runs in')
  const { port } = new URL(running.facts.hub)
  await expect(up('--no-demo', '--home', join(dir, 'other'), '--port', port)).rejects.toThrow(`Port ${port} is taken`)
  expect(await processesOf(join(dir, 'other'))).toEqual([])
}, 300_000)
