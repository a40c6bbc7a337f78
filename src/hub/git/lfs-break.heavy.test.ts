import { type ChildProcess, fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokens } from '../start-test-hub.ts'
import { type GitHub, hasLfs, startGitHub } from './test-git.ts'

const fileBytes = 8_000_000
const fileCount = 6

describe.runIf(hasLfs)('kill -9 while git-lfs sends large files', () => {
  let hub: GitHub
  /** A hub in a process of its own, on the same database and store. */
  let child: ChildProcess | undefined
  let line: Server
  let sockets: Socket[] = []
  let port = 0
  let received = 0
  let onBytes: () => void = () => {}

  beforeAll(async () => {
    hub = await startGitHub()
    // All requests pass here, so that their bytes are counted, and the address stays when the hub does not.
    line = createServer((socket) => {
      const upstream = connect(port, '127.0.0.1')
      sockets.push(socket, upstream)
      socket.on('data', (bytes) => {
        received += bytes.length
        onBytes()
      })
      for (const end of [socket, upstream]) end.on('error', () => {})
      socket.pipe(upstream).pipe(socket)
      socket.once('close', () => upstream.destroy())
      upstream.once('close', () => socket.destroy())
    })
    await once(line.listen(0, '127.0.0.1'), 'listening')
  })
  afterAll(async () => {
    child?.kill('SIGKILL')
    for (const socket of sockets) socket.destroy()
    line?.close()
    await hub?.stop()
  })

  const startChild = async () => {
    sockets = []
    child = fork(new URL('./test-crash-hub.ts', import.meta.url), [hub.databaseUrl, join(hub.dir, 'store')], {
      execArgv: ['--import', 'tsx'],
    })
    const [{ url }] = (await once(child, 'message')) as [{ url: string }]
    port = Number(new URL(url).port)
  }
  const remote = (name: string) => {
    const { port } = line.address() as { port: number }
    return `http://ada:${tokens.ada}@127.0.0.1:${port}/ada/${name}`
  }

  /** A repository with a commit that was acknowledged, and one with large files that was not pushed yet. */
  const prepared = async (name: string) => {
    await hub.json('POST', '/api/repos/create', { name })
    await hub.git('', 'clone', '-q', remote(name), name)
    await hub.git(name, 'lfs', 'install', '--local')
    await hub.git(name, 'config', 'lfs.concurrenttransfers', '2')
    await hub.git(name, 'config', 'lfs.transfer.maxretries', '1')
    await writeFile(join(hub.home, name, 'before.bin'), randomBytes(1_000_000))
    await hub.git(name, 'add', '-A')
    await hub.git(name, 'commit', '-qm', 'before')
    await hub.git(name, 'push', '-q')
    const before = await hub.git(name, 'rev-parse', 'HEAD')
    for (let i = 0; i < fileCount; i++) await writeFile(join(hub.home, name, `${i}.bin`), randomBytes(fileBytes))
    await hub.git(name, 'add', '-A')
    await hub.git(name, 'commit', '-qm', 'large')
    return { before, after: await hub.git(name, 'rev-parse', 'HEAD') }
  }

  /** Begins to push and resolves when that many bytes of it have passed. */
  const beginPush = async (name: string, bytes: number) => {
    received = 0
    const push = spawn('git', ['push', '-q', 'origin', 'HEAD:main'], {
      cwd: join(hub.home, name),
      env: { PATH: process.env.PATH, HOME: hub.home, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
      detached: true,
      stdio: 'ignore',
    })
    await new Promise<void>((resolve, reject) => {
      onBytes = () => received >= bytes && resolve()
      push.once('close', (code) => reject(new Error(`The push ended with ${code} after ${received} bytes.`)))
    })
    return push
  }

  const headOf = async (name: string) => (await hub.git('', 'ls-remote', hub.at(`ada/${name}`), 'HEAD')).slice(0, 40)

  /** The push is made again; gives the bytes that it sent. */
  const pushedAgain = async (name: string, after: string): Promise<number> => {
    received = 0
    await hub.git(name, 'push', '-q', 'origin', 'HEAD:main')
    expect(await headOf(name)).toBe(after)
    const there = `${name}-again`
    await hub.git('', '-c', 'filter.lfs.smudge=git-lfs smudge -- %f', 'clone', '-q', remote(name), there)
    for (const file of ['before.bin', ...Array.from({ length: fileCount }, (_, i) => `${i}.bin`)]) {
      const [here, copy] = [join(hub.home, name, file), join(hub.home, there, file)]
      expect((await readFile(copy)).equals(await readFile(here))).toBe(true)
    }
    return received
  }

  test('behavior: of the client: the branch stays, and pushing again sends only what had not arrived', async () => {
    await startChild()
    const { before, after } = await prepared('client')
    const push = await beginPush('client', 3.5 * fileBytes)
    process.kill(-(push.pid as number), 'SIGKILL')
    await once(push, 'close')
    expect(await headOf('client')).toBe(before)
    // Two files were under way; at least one of three and a half was whole.
    expect(await pushedAgain('client', after)).toBeLessThan((fileCount - 1) * fileBytes + 2_000_000)
  }, 240_000)

  test('behavior: of the hub: what it acknowledged is there when it comes back, and the push ends well', async () => {
    const { before, after } = await prepared('server')
    const push = await beginPush('server', 3.5 * fileBytes)
    const ended = once(push, 'close')
    child?.kill('SIGKILL')
    for (const socket of sockets) socket.destroy()
    await startChild()
    // git-lfs may have tried again and got through, or given up.
    const [code] = await ended
    expect(await headOf('server')).toBe(code === 0 ? after : before)
    if (code === 0) return
    expect(await pushedAgain('server', after)).toBeLessThan(fileCount * fileBytes + 2_000_000)
  }, 240_000)
})
