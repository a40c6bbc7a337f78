import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as PidFile from './PidFile.ts'
import * as Supervisor from './Supervisor.ts'
import { spawnRole } from './spawn-role.ts'

let dir: string
let lines: string[]
let opened: Supervisor.Supervisor[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-supervisor-'))
  await mkdir(join(dir, 'run'))
  lines = []
  opened = []
})
afterEach(async () => {
  for (const supervisor of opened) await supervisor.stopAll()
  await rm(dir, { recursive: true, force: true })
})

const open = async () => {
  const supervisor = await Supervisor.open({
    runDir: join(dir, 'run'),
    log: (line) => lines.push(line),
    backOffMs: () => 1,
  })
  opened.push(supervisor)
  return supervisor
}

/** A web server in a process of its own that writes a line when it is asked to stop. */
async function server(name: string, options: { script?: string } = {}): Promise<Supervisor.Role> {
  const port = await freePort()
  const script =
    options.script ??
    `const s = require('http').createServer((_, r) => r.end()).listen(${port}, '127.0.0.1')
     process.on('SIGTERM', () => { require('fs').appendFileSync('${dir}/stopped', '${name} '); process.exit(0) })`
  return {
    name,
    stopSignal: 'SIGTERM',
    launch: () =>
      spawnRole({
        name,
        command: process.execPath,
        args: ['-e', script],
        cwd: dir,
        env: {},
        logDir: dir,
        stopSignal: 'SIGTERM',
        ready: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
        readyTimeoutMs: 20_000,
        stopTimeoutMs: 5000,
      }),
  }
}

test('behavior: a role that dies is started again, and all stop in the opposite order of their start', async () => {
  const supervisor = await open()
  await supervisor.start(await server('first'))
  await supervisor.start(await server('second'))
  const before = supervisor.pid('first')
  await supervisor.kill('first', 'SIGKILL')
  await supervisor.ready('first')
  expect(supervisor.pid('first')).not.toBe(before)
  expect(lines).toEqual([
    'first ended (it was ended by SIGKILL); starting it again in 1 ms',
    expect.stringMatching(/^first is up again \(process \d+\)$/),
  ])

  await supervisor.stopAll()
  expect(await readFile(join(dir, 'stopped'), 'utf8')).toBe('second first ')
  expect(await readdir(join(dir, 'run'))).toEqual([])
})

test('error: a role that cannot start says why, and leaves no process behind', async () => {
  const supervisor = await open()
  const broken = await server('broken', { script: `console.error('no such model'); process.exit(7)` })
  await expect(supervisor.start(broken)).rejects.toMatchObject({
    code: 'role_not_started',
    message: 'broken did not start: it ended with code 7.\nno such model',
    hint: expect.stringContaining('broken.log'),
  })
  await supervisor.stopAll()
  expect(await readdir(join(dir, 'run'))).toEqual([])
})

test('error: a second supervisor is refused while the first lives', async () => {
  await open()
  await expect(open()).rejects.toMatchObject({
    code: 'already_running',
    hint: expect.stringContaining(`kill ${process.pid}`),
  })
})

test('behavior: what a killed supervisor left running is stopped at the next start, later started first', async () => {
  const [older, newer] = [sleeper(), sleeper()]
  await PidFile.write(join(dir, 'run'), { name: 'origin', pid: older.pid as number, stopSignal: 'SIGTERM', order: 1 })
  await PidFile.write(join(dir, 'run'), { name: 'worker-1', pid: newer.pid as number, stopSignal: 'SIGTERM', order: 2 })
  const gone = Promise.all([once(older, 'exit'), once(newer, 'exit')])
  await open()
  expect(await gone).toEqual([
    [null, 'SIGTERM'],
    [null, 'SIGTERM'],
  ])
  expect(lines).toEqual([
    `stopping worker-1 (process ${newer.pid}), left over from an earlier run`,
    `stopping origin (process ${older.pid}), left over from an earlier run`,
  ])
})

test('behavior: a process that got the number of a dead one is left alone', async () => {
  const stranger = sleeper()
  await PidFile.write(join(dir, 'run'), {
    name: 'origin',
    pid: stranger.pid as number,
    stopSignal: 'SIGTERM',
    order: 1,
  })
  const path = join(dir, 'run', 'origin.pid')
  const file = JSON.parse(await readFile(path, 'utf8'))
  const { writeJson } = await import('./Home.ts')
  await writeJson(path, { ...file, startedAt: '1' })
  await open()
  expect(lines).toEqual([])
  expect(stranger.exitCode).toBe(null)
  stranger.kill()
})

const sleeper = (): ChildProcess => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const taken = createServer().listen(0, '127.0.0.1', () => {
      const { port } = taken.address() as { port: number }
      taken.close(() => done(port))
    })
  })
