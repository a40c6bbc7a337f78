import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DevKeys } from '../src/chain/index.ts'
import { RepoId, Version } from '../src/core/index.ts'
import { isAlive } from '../src/engine/testing/processes.ts'
import { Client, Ledger, PortableSigner } from '../src/sdk/index.ts'
import { audit } from '../src/settle/index.ts'
import { type Role, startNetwork, type TestNetwork } from './network.ts'

const model = 'dehug/dehug-tiny-chat'
const roles: Role[] = ['origin', 'worker-1', 'database', 'chain', 'indexer']
const healMs = 120_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-crash-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Does it again until it succeeds, as a person or a client with retries would. */
async function untilDone<T>(work: () => Promise<T>, what: string): Promise<T> {
  const deadline = Date.now() + healMs
  for (let pauseMs = 100; ; pauseMs = Math.min(2000, pauseMs * 2)) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${what} does not succeed.`, { cause: error })
      await sleep(pauseMs)
    }
  }
}

describe('a role is killed', () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await startNetwork()
  })
  afterAll(() => network?.stop())

  const heal = async () => {
    for (const role of roles) await network.ready(role)
    await network.served(model)
  }

  const fileBytes = 10_000_000
  const files = 6

  test.for(roles)('behavior: %s, during a push of 60 MB', { timeout: 180_000 }, async (role) => {
    const source = join(folder, `push-${role}`)
    await mkdir(source)
    await writeFile(join(source, 'README.md'), '---\nlicense: cc0-1.0\n---\n')
    for (let i = 0; i < files; i += 1) await writeFile(join(source, `part-${i}.bin`), randomBytes(fileBytes))
    const carol = network.client('carol')
    const repo = RepoId.parse(`carol/push-${role}`, 'dataset')
    let sent = 0
    let last = 0
    let killed: Promise<void> | undefined
    const push = () =>
      carol.push({
        folder: source,
        repo,
        parallel: 1,
        onProgress: (progress) => {
          if (progress.phase !== 'upload') return
          sent += Math.max(0, progress.doneBytes - last)
          last = progress.doneBytes
          if (progress.doneBytes > 2.5 * fileBytes) killed ??= network.kill(role)
        },
      })
    const first = await push().catch((error: Error) => error)
    await killed
    await heal()
    let last2 = { uploadedBytes: 0 }
    if (first instanceof Error) {
      expect(first).toMatchObject({ code: expect.any(String) })
      expect(await published(repo)).toEqual(['.gitattributes'])
      last = 0
      last2 = await untilDone(push, 'the second push')
      // Two files were acknowledged before the kill.
      expect(last2.uploadedBytes).toBeLessThan((files - 2) * fileBytes + 1000)
    }
    expect(sent).toBeLessThan((files + 2) * fileBytes)
    const again = await push()
    expect(again).toMatchObject({ uploadedFiles: 0, uploadedBytes: 0, tx: null })
    const to = join(folder, `pulled-${role}`)
    await network.client('bob').pull({ version: Version.parse(`dataset:carol/push-${role}`), folder: to })
    expect(await network.client('bob').verify({ folder: to })).toMatchObject({ anchored: true, extra: [] })
    for (const dir of [source, to]) await rm(dir, { recursive: true })
  })

  /** The paths that anybody sees. */
  const published = async (repo: RepoId.RepoId): Promise<string[]> => {
    const answer = await fetch(`${network.hub}/api/datasets/${RepoId.format(repo)}/tree/main?recursive=true`)
    return answer.ok ? (await answer.json()).map(({ path }: { path: string }) => path) : ['.gitattributes']
  }

  type Answer = { text: string; receipt: string; fee: bigint }

  /** One request, as a client with an idempotency key sends it. */
  const ask = async (key: string): Promise<Answer> => {
    const answer = await fetch(`${network.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${network.account('alice').apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({
        model,
        messages: [{ role: 'user', content: `What is DeHug? (${key})` }],
        max_tokens: 12,
        temperature: 0,
      }),
    })
    const body = await answer.json()
    if (!answer.ok) {
      // Whatever fails meanwhile says what it is, and that trying again is right.
      expect(body.error).toMatchObject({ code: expect.any(String), dehug: { retryable: true } })
      throw new Error(body.error.message)
    }
    return {
      text: body.choices[0].message.content,
      receipt: answer.headers.get('x-dehug-receipt')?.split('/').at(-1) ?? '',
      fee: BigInt(answer.headers.get('x-dehug-fee') ?? -1),
    }
  }

  const receipts = async () => network.client('alice').receipts({ limit: 1000 })

  test.for(roles)('behavior: %s, while 20 requests are answered', { timeout: 240_000 }, async (role) => {
    const before = (await receipts()).length
    const keys = Array.from({ length: 20 }, (_, i) => `${role}-${i}`)
    let killed: Promise<void> | undefined
    const answers = await Promise.all(
      keys.map((key) =>
        untilDone(async () => {
          const answer = await ask(key)
          killed ??= network.kill(role)
          return answer
        }, `request ${key}`),
      ),
    )
    await killed
    await heal()
    const repeated = await Promise.all(keys.map((key) => untilDone(() => ask(key), `request ${key} again`)))
    expect(repeated).toEqual(answers)
    const paid = (await receipts()).slice(before).filter(({ receipt }) => receipt.fee > 0n)
    expect(paid.map(({ jobId }) => jobId).sort()).toEqual(answers.map(({ receipt }) => receipt).sort())
    const byJob = new Map(paid.map(({ jobId, receipt }) => [jobId as string, receipt.fee]))
    for (const { receipt, fee } of answers) expect(byJob.get(receipt)).toBe(fee)
  })

  test.for(roles)('behavior: %s, while channels are settled', { timeout: 240_000 }, async (role) => {
    for (const delayMs of [0, 150, 400]) {
      await untilDone(() => ask(`${role}-settle-${delayMs}`), 'a request before the settlement')
      const releasing = network
        .client('alice')
        .release()
        .catch((error: Error) => error)
      await sleep(delayMs)
      await network.kill(role)
      await releasing
      await heal()
    }
    await untilDone(async () => {
      await network.client('alice').release()
      await assertSettled()
    }, 'the settlement')
  })

  /** Every receipt is paid, once: the chain and the batches on it say so, and nothing else. */
  const assertSettled = async () => {
    const { channels } = await network.client('alice').balance()
    expect(channels.filter(({ locked }) => locked > 0n)).toEqual([])
    const { chain } = await Ledger.open(network.client('alice').connection)
    const { ok, differences, totals } = await audit({ chain, sources: [network.hub] })
    expect(differences).toEqual([])
    expect(ok).toBe(true)
    const owed = (await receipts()).reduce((sum, { receipt }) => sum + receipt.fee, 0n)
    expect(totals.claimed).toBe(owed)
    const { revenueMicroUsdc } = await network.client('dehug').earnings()
    expect(revenueMicroUsdc).toBeLessThanOrEqual((owed * 2000n) / 10_000n)
  }

  test('error: senders that trickle are cut off, and nobody else notices', { timeout: 200_000 }, async () => {
    const { port } = new URL(network.hub)
    const trickle = (head: string) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(head)
      const timer = setInterval(() => socket.writable && socket.write('x'), 1000)
      return new Promise<void>((done) =>
        socket.once('close', () => {
          clearInterval(timer)
          done()
        }),
      )
    }
    const token = network.account('alice').apiKey
    const heads = Array.from({ length: 100 }, () => trickle('GET /api/models HTTP/1.1\r\nhost: x\r\nx-a: '))
    const bodies = ['/v1/chat/completions', '/v1/quote', '/api/repos/create'].map((path) =>
      trickle(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"model":"`,
      ),
    )
    expect((await ask('beside-the-slow')).text).not.toBe('')
    await Promise.all([...heads, ...bodies])
  })
})

describe('the supervisor is killed', () => {
  type Up = {
    process: ChildProcess
    log: () => string
    said: (what: string | RegExp) => Promise<void>
    exited: Promise<unknown>
  }
  type Ready = { hub: string; chain: string; contracts: object; accounts: { name: string; token: string }[] }

  const up = (home: string): Up & { ready: Promise<Ready> } => {
    const child = spawn(
      process.execPath,
      [
        resolve('bin/dehug.mjs'),
        'up',
        '--home',
        home,
        '--port',
        '0',
        '--chain-port',
        '0',
        '--no-demo',
        '--no-web',
        '--json',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let [stdout, stderr] = ['', '']
    const exited = once(child, 'exit')
    const watch = (look: () => boolean) =>
      new Promise<void>((done, fail) => {
        const check = () => look() && done()
        child.stdout.on('data', check)
        child.stderr.on('data', check)
        void exited.then(() => fail(new Error(`dehug up has ended:\n${stderr}`)))
        check()
      })
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const ready = watch(() => stdout.includes('\n')).then(() => JSON.parse(stdout) as Ready)
    ready.catch(() => undefined)
    return {
      process: child,
      log: () => stderr,
      said: (what) => watch(() => stderr.search(what) >= 0),
      exited,
      ready,
    }
  }

  /** Processes that have to do with a folder, as their command line, environment or working directory tells. */
  const processesOf = async (home: string): Promise<{ pid: number; command: string }[]> => {
    const found = []
    for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one) && Number(one) !== process.pid)) {
      const read = (file: string) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')
      const [command, environment] = await Promise.all([read('cmdline'), read('environ')])
      let cwd = ''
      try {
        cwd = readlinkSync(`/proc/${name}/cwd`)
      } catch {}
      const has = [command, environment, cwd].some((text) => text.includes(home))
      if (has && isAlive(Number(name)))
        found.push({ pid: Number(name), command: command.replaceAll('\0', ' ').slice(0, 200) })
    }
    return found
  }

  const nobodyIsLeft = (home: string) =>
    expect.poll(() => processesOf(home), { timeout: 20_000, interval: 500 }).toEqual([])

  const carol = (ready: Ready) =>
    Client.from({
      endpoint: ready.hub,
      token: ready.accounts.find(({ name }) => name === 'carol')?.token,
      signer: PortableSigner.from(DevKeys.get('carol', DevKeys.devChainId).privateKey),
    })

  test('behavior: kill -9; the next one finds the leftovers and keeps all data', { timeout: 300_000 }, async () => {
    const home = join(folder, 'killed')
    const first = up(home)
    const before = await first.ready
    const source = join(folder, 'words')
    await mkdir(source)
    await writeFile(join(source, 'README.md'), '---\nlicense: cc0-1.0\n---\n')
    await writeFile(join(source, 'words.txt'), 'one two three\n')
    const pushed = await carol(before).push({ folder: source, repo: RepoId.parse('carol/words', 'dataset') })
    first.process.kill('SIGKILL')
    await first.exited
    expect((await processesOf(home)).length).toBeGreaterThan(3)

    const second = up(home)
    const after = await second.ready
    expect(second.log()).toContain('left over from an earlier run')
    expect([after.accounts, after.contracts, after.hub, after.chain]).toEqual([
      before.accounts,
      before.contracts,
      before.hub,
      before.chain,
    ])
    const version = Version.parse('dataset:carol/words')
    expect(await carol(after).pull({ version, folder: join(folder, 'words-again') })).toMatchObject({
      root: pushed.root,
    })
    expect(await carol(after).verify({ folder: join(folder, 'words-again') })).toMatchObject({ anchored: true })

    second.process.kill('SIGTERM')
    await second.exited
    expect(second.log()).toContain('Stopped. Everything is kept.')
    await nobodyIsLeft(home)
  })

  test('behavior: SIGTERM and kill -9 at any point of the boot', { timeout: 400_000 }, async () => {
    const home = join(folder, 'interrupted')
    for (const moment of [/starts in/, /✓ chain/, /✓ (contracts|origin|worker-1|indexer)/, /✓ origin/]) {
      const ended = up(home)
      await ended.said(moment)
      ended.process.kill('SIGTERM')
      await ended.exited
      await nobodyIsLeft(home)

      const killed = up(home)
      await killed.said(moment)
      killed.process.kill('SIGKILL')
      await killed.exited
      // One process each at most: what the killed one left is ended before its successor starts the same.
    }
    const last = up(home)
    await last.ready
    const commands = (await processesOf(home)).map(({ command }) => command)
    for (const mark of [/ origin --home/, / worker --home/, /ponder\.js start/, /bin\/anvil/]) {
      expect(commands.filter((command) => mark.test(command))).toHaveLength(1)
    }
    last.process.kill('SIGTERM')
    await last.exited
    await nobodyIsLeft(home)
  })
})
