import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub, tokens } from '../hub/start-test-hub.ts'
import { screen } from './testing.ts'

let hub: TestHub
let dir: string
const machines: string[] = []
const day = 86_400_000

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-login-'))
  hub = await startTestHub()
})
afterAll(async () => {
  await hub?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** A person's machine: its own folder of keys. */
const machine = () => {
  const home = join(dir, `home-${machines.push('home')}`)
  const env = { DEHUG_HOME: home, DEHUG_ENDPOINT: hub.url }
  const run = (args: string[], more: { signal?: AbortSignal; now?: () => number } = {}) =>
    screen(args, { env, now: Date.now, ...more })
  const keys = async () => JSON.parse(await readFile(join(home, 'keys/me.json'), 'utf8'))
  return { run, keys }
}

/** Waits for the code that a device shows, which the test sees in the database only. */
const shownCode = async (): Promise<string> => {
  for (;;) {
    const { rows } = await hub.context.catalog.pool.query(
      "select user_code from catalog.device_codes where status = 'pending'",
    )
    if (rows[0]) return rows[0].user_code
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('behavior: a machine without key or browser is let in by one with a key', async () => {
  const server = machine()
  const laptop = machine()
  const waiting = server.run(['login', '--device'])
  const code = await shownCode()
  const approved = await laptop.run(['login', '--username', 'deb'])
  expect(approved.exitCode).toBe(0)
  const decided = await laptop.run(['login', '--approve', code.toLowerCase(), '--json'])
  expect(JSON.parse(decided.stdout)).toMatchObject({ program: 'DeHug command line', user: 'deb', approved: true })
  const done = await waiting
  expect(done).toMatchObject({ exitCode: 0, stdout: `Logged in to ${hub.url} as deb.\n` })
  expect(done.stderr).toContain(`${code.slice(0, 4)}-${code.slice(4)}`)
  expect((await server.run(['whoami'])).stdout).toContain('deb')
  const before = (await server.keys()).tokens[hub.url]
  const later = { now: () => Date.now() + 6.5 * day }
  expect((await server.run(['whoami'], later)).exitCode).toBe(0)
  const after = (await server.keys()).tokens[hub.url]
  expect(after).not.toBe(before)
  expect((await server.run(['logout'])).stdout).toBe(`Logged out of ${hub.url}.\n`)
  const answer = await fetch(`${hub.url}/api/whoami-v2`, { headers: { authorization: `Bearer ${after}` } })
  expect(answer.status).toBe(401)
  expect((await server.keys()).tokens).toEqual({})
})

test('behavior: a device can be refused, and Ctrl-C ends the waiting', async () => {
  const laptop = machine()
  const waiting = machine().run(['login', '--device'])
  const code = await shownCode()
  const denied = await laptop.run(['login', '--deny', code, '--token', tokens.ada])
  expect(denied.stdout).toBe('Denied: DeHug command line as ada.\n')
  expect(await waiting).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('The sign-in was denied.') })
  const stop = new AbortController()
  const other = machine()
  const cut = other.run(['login', '--device'], { signal: stop.signal })
  await shownCode()
  stop.abort()
  expect((await cut).exitCode).toBe(130)
  await expect(other.keys()).rejects.toThrow('ENOENT')
})

test('error: codes that nobody shows, tokens with limits and options that do not fit are refused', async () => {
  const laptop = machine()
  const refused = async (...args: string[]) => (await laptop.run(args)).stderr.split('\n')[0]
  expect(await refused('login', '--approve', 'BCDF-GHJK', '--token', tokens.ada)).toBe(
    'Error: No device waits for this code: it is wrong, used or too old.',
  )
  expect(await refused('login', '--approve', 'BCDF-GHJK', '--token', tokens.adaRead)).toBe(
    'Error: A limited token cannot make other tokens or give access.',
  )
  expect(await refused('login', '--approve', 'X', '--deny', 'X')).toBe(
    'Error: --approve and --deny do not go together.',
  )
  expect(await refused('login', '--repo', 'a/b')).toBe('Error: --repo and --days belong to --delegate.')
})

test('behavior: tokens are made with some rights only, shown, renewed and ended', async () => {
  const laptop = machine()
  await laptop.run(['login', '--token', tokens.ada])
  const made = await laptop.run([
    'token',
    'create',
    'ci',
    '--allow',
    'lab=repo.content.read',
    '--allow',
    'discussion.write',
    '--expires',
    '2d',
    '--json',
  ])
  const { id, token } = JSON.parse(made.stdout)
  const listed = JSON.parse((await laptop.run(['token', 'list', '--json'])).stdout) as { id: string }[]
  expect(listed.find((one) => one.id === id)).toMatchObject({
    name: 'ci',
    scope: 'fineGrained',
    rights: { global: ['discussion.write'], scoped: [{ entity: 'lab', permissions: ['repo.content.read'] }] },
  })
  const rotated = JSON.parse((await laptop.run(['token', 'rotate', id, '--json'])).stdout)
  const role = async (secret: string) => (await machine().run(['whoami', '--token', secret, '--json'])).stdout
  expect(await role(token)).toContain('bad_token')
  expect(JSON.parse(await role(rotated.token))).toMatchObject({ name: 'ada', role: 'fineGrained' })
  expect((await laptop.run(['token', 'revoke', rotated.id])).stdout).toBe(`Revoked ${rotated.id}.\n`)
  expect(await role(rotated.token)).toContain('bad_token')
  expect((await laptop.run(['token', 'create', 'bad', '--allow', 'lab=everything'])).stderr).toContain(
    'Error: "everything" is no permission of this hub.',
  )
  expect((await laptop.run(['token', 'revoke', 'nothing'])).exitCode).toBe(1)
})
