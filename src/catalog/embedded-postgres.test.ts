import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PostgresNotStarted, startPostgres } from './embedded-postgres.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-pg-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const query = async (url: string, text: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('behavior: starts, keeps data over a restart, stops', async () => {
  const first = await startPostgres({ dir, port: 0 })
  await query(first.url, 'create table kept (n int); insert into kept values (7)')
  await first.stop()
  const second = await startPostgres({ dir, port: 0 })
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }])
  expect(second.adopted).toBe(false)
  await second.stop()
  expect(() => process.kill(second.pid, 0)).toThrow()
})

test('behavior: a server whose supervisor was killed with -9 is taken over', async () => {
  const source = `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'embedded-postgres.ts'))}
    const s = await startPostgres({ dir: ${JSON.stringify(dir)}, port: 0 }); console.log(s.pid); setInterval(() => {}, 1000)`
  const supervisor = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(supervisor.stdout, 'data')) as [Buffer]
  supervisor.kill('SIGKILL')
  await once(supervisor, 'exit')
  const server = await startPostgres({ dir, port: 0 })
  expect(server.adopted).toBe(true)
  expect(server.pid).toBe(Number(line.toString()))
  await server.stop()
})

test('behavior: recovers after the server itself was killed with -9', async () => {
  const first = await startPostgres({ dir, port: 0 })
  await query(first.url, 'create table kept (n int)')
  process.kill(first.pid, 'SIGKILL')
  await first.exited
  const second = await startPostgres({ dir, port: 0 })
  expect(await query(second.url, 'select n from kept')).toEqual([])
  await second.stop()
})

test('error: a port in use is a sentence with a way out', async () => {
  const other = await mkdtemp(join(tmpdir(), 'dehug-pg-'))
  const first = await startPostgres({ dir, port: 0 })
  const port = Number(new URL(first.url).port)
  const failure = await startPostgres({ dir: other, port }).catch((error) => error)
  expect(failure).toBeInstanceOf(PostgresNotStarted)
  expect(failure.message).toMatch(/^Postgres did not start in .*Address already in use/s)
  expect(failure.hint).toBe(
    'Set DATABASE_URL to a Postgres 15 or newer, or run `dehug doctor` to see what this machine lacks.',
  )
  await first.stop()
  await rm(other, { recursive: true, force: true })
})
