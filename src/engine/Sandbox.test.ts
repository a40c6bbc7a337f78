import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Sandbox from './Sandbox.ts'
import { fixtureDir } from './testing/hostile-models.ts'

const escapee = path.join(import.meta.dirname, 'testing/escape.mjs')
let server: Server
let port: number

beforeAll(async () => {
  server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
})

/** What a program that tries everything could do in a sandbox of this kind. */
async function tryToEscape(want: Sandbox.Kind) {
  const report = await Sandbox.probe({ want })
  if (report.kind !== want) return undefined
  const inside = { entry: escapee, modelDir: fixtureDir('dehug-embed'), limits: { memoryBytes: 2 ** 30 } }
  const { file, args, env } = Sandbox.command(report, inside)
  const { stdout, stderr } = spawnSync(file, args, { env, input: `${port}\n`, encoding: 'utf8' })
  expect(stderr).toBe('')
  return { report, could: JSON.parse(stdout) }
}

const environment = [
  'LANG=C.UTF-8',
  'MALLOC_ARENA_MAX=2',
  'ORT_DISABLE_TELEMETRY=1',
  'PATH=/usr/bin:/bin',
  'UV_THREADPOOL_SIZE=2',
  'VIPS_CONCURRENCY=1',
]

describe('Sandbox', () => {
  test('behavior: bubblewrap leaves a program its model and nothing else', async (context) => {
    const tried = await tryToEscape('bwrap')
    if (!tried) return context.skip('bubblewrap does not work here')
    expect(tried.could).toEqual({
      network: false,
      shadow: false,
      passwd: false,
      repository: false,
      model: true,
      written: [],
      processes: 2,
      environment: [...environment.slice(0, 4), 'PWD=/', ...environment.slice(4)],
      capabilities: '0000000000000000',
      namespaces: false,
      gigabytes: false,
    })
  })

  test('behavior: a user of its own has no secrets, no powers, no bytes to write, and no network where root may take it', async (context) => {
    const tried = await tryToEscape('uid')
    if (!tried) return context.skip('not root')
    expect(tried.could).toMatchObject({
      shadow: false,
      written: [],
      environment,
      capabilities: '0000000000000000',
      gigabytes: false,
    })
    expect(tried.could.network).toBe(!tried.report.hidesNetwork)
  })

  test('behavior: a user namespace has no network and no powers', async (context) => {
    const tried = await tryToEscape('userns')
    if (!tried) return context.skip('user namespaces do not work here')
    expect(tried.could).toMatchObject({
      network: false,
      written: [],
      environment,
      capabilities: '0000000000000000',
      gigabytes: false,
    })
  })

  test('behavior: without any sandbox memory and file sizes stay capped', async () => {
    expect((await tryToEscape('none'))?.could).toMatchObject({ written: [], environment, gigabytes: false })
  })

  test('behavior: without bubblewrap the next best is taken, and it is said why', async () => {
    const report = await Sandbox.probe({ bwrap: 'no-such-bwrap' })
    expect(report.kind).not.toBe('bwrap')
    expect(report.hidesFiles).toBe(false)
    expect(report.why).toContain('bwrap: no-such-bwrap is not installed')
    expect(report.why).toContain('Install bubblewrap ("apt-get install bubblewrap") for full isolation.')
  })
})
