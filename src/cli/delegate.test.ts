import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHubNetwork } from '../sdk/testing.ts'
import { type Screen, screen } from './testing.ts'

type Network = Awaited<ReturnType<typeof startHubNetwork>>
let network: Network

beforeAll(async () => {
  network = await startHubNetwork()
})
afterAll(() => network?.stop())

/** A person's machine, with the key of a development account unless it has none. */
const machine = (name: string, key?: 'alice' | 'bob') => {
  const home = join(network.dir, `home-${name}`)
  const env = { DEHUG_HOME: home, DEHUG_ENDPOINT: network.url, DEHUG_RPC_URL: network.rpcUrl }
  const run = (args: string[], more: { onStderr?: (text: string) => void } = {}) =>
    screen(args, { env, now: Date.now, ...more })
  return { run, signIn: () => run(['login', '--dev', key as string]) }
}

/** What a person sees, with what differs from run to run left out. */
const seen = (text: string): string =>
  text
    .replaceAll(network.url, 'http://hub')
    .replace(/0x[0-9a-f]{64}/g, '0x…')
    .replace(/0x[0-9a-f]{6}…[0-9a-f]{4}/g, '0x…')
    .replace(/0x[0-9a-f]{40}/g, '0xaddress')
    .replace(/[0-9a-f]{40}/g, 'commit')
    .replace(/\d{4}-\d\d-\d\d/g, 'day')

const api = async (path: string, body: string, type = 'application/json') => {
  const headers = { authorization: 'Bearer hf_alice_token', 'content-type': type }
  const answer = await fetch(network.url + path, { method: 'POST', headers, body })
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as { commitOid: string }
}

/** A commit as any client of Hugging Face makes it, signed by nobody. */
const commit = async (name: string, path: string, text: string): Promise<string> => {
  const content = Buffer.from(text).toString('base64')
  const lines = [
    { key: 'header', value: { summary: `Add ${path}` } },
    { key: 'file', value: { path, content, encoding: 'base64' } },
  ]
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  return (await api(`/api/models/${name}/commit/main`, body, 'application/x-ndjson')).commitOid
}

const untilAnchored = async (name: string, oid: string): Promise<{ delegated: boolean }> => {
  for (;;) {
    const answer = await fetch(`${network.url}/api/models/${name}/revision/${oid}`)
    const { dehug } = (await answer.json()) as { dehug: { anchored: boolean; delegated: boolean } }
    if (dehug.anchored) return dehug
    await new Promise((done) => setTimeout(done, 200))
  }
}

test('behavior: an owner anchors by hand, lets the hub do it, and takes that back', async () => {
  const { run, signIn } = machine('alice', 'alice')
  await signIn()
  await api('/api/repos/create', JSON.stringify({ name: 'tiny', type: 'model' }))
  await commit('alice/tiny', 'README.md', '---\nlicense: mit\n---\n# tiny')

  const early = await run(['login', '--delegate', '--repo', 'alice/tiny'])
  expect([early.exitCode, early.stdout, seen(early.stderr)]).toMatchInlineSnapshot(`
    [
      1,
      "",
      "Error: model:alice/tiny was never published, so there is nothing to delegate.
    Hint: The first version needs your own signature: run \`dehug anchor model:alice/tiny\` once.
    ",
    ]
  `)
  const anchored = await run(['anchor', 'alice/tiny'])
  expect([anchored.exitCode, seen(anchored.stdout), anchored.stderr]).toMatchInlineSnapshot(`
    [
      0,
      "+ .gitattributes
    + README.md
    model:alice/tiny at commit
    root      0x…
    tx        0x…
    ",
      "",
    ]
  `)
  expect((await run(['anchor', 'alice/tiny'])).stdout).toContain('This version is on chain already.\n')

  const given = await run(['login', '--delegate', '--repo', 'alice/tiny', '--days', '30'])
  expect([given.exitCode, seen(given.stdout), given.stderr]).toMatchInlineSnapshot(`
    [
      0,
      "You sign, once for each repository, that http://hub may publish in your name:
      model:alice/tiny
      who      0xaddress, a key of this hub
      may      anchor what arrives by git, huggingface_hub or a merged pull request; move tags of versions
      may not  sell, rename or reprice anything, move money, or let others in
      marked   each such version says "delegated" in its manifest
      until    day, or a sale
      back     dehug login --undelegate ends it at once
    signed model:alice/tiny (0x…)
    ",
      "",
    ]
  `)
  const oid = await commit('alice/tiny', 'config.json', '{}')
  expect(await untilAnchored('alice/tiny', oid)).toMatchObject({ delegated: true })

  const back = await run(['login', '--undelegate'])
  expect([back.exitCode, seen(back.stdout), back.stderr]).toMatchInlineSnapshot(`
    [
      0,
      "You sign that http://hub may not publish in your name any more:
      model:alice/tiny
      Versions that it anchored stay, marked as delegated.
    signed model:alice/tiny (0x…)
    ",
      "",
    ]
  `)
  const nothing = await run(['login', '--undelegate', '--json'])
  expect([nothing.exitCode, JSON.parse(nothing.stdout).delegated, nothing.stderr]).toEqual([
    0,
    [],
    'Nothing was delegated.\n',
  ])
})

test('behavior: a machine that is let in by a code signs with its own key, and says so in one line of JSON', async () => {
  const server = machine('server', 'alice')
  await server.signIn()
  let waiting: ReturnType<typeof server.run> | undefined
  const code = await new Promise<string>((shown) => {
    const onStderr = (text: string) => {
      const [, found] = /--approve (\S+)/.exec(text) ?? []
      if (found) shown(found)
    }
    waiting = server.run(['login', '--device', '--delegate', '--json'], { onStderr })
  })
  expect((await machine('phone').run(['login', '--approve', code, '--token', 'hf_alice_token'])).exitCode).toBe(0)
  const { exitCode, stdout } = (await waiting) as Screen
  expect([exitCode, stdout.split('\n')]).toEqual([0, [expect.any(String), '']])
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'alice',
    delegated: [{ repo: 'model:alice/tiny', expiry: expect.stringMatching(/^\d+$/), tx: expect.stringMatching(/^0x/) }],
  })
})

test('error: who has no key or not the right one is told what to do', async () => {
  const keyless = await machine('keyless').run(['login', '--device', '--delegate'])
  expect([keyless.exitCode, seen(keyless.stderr)]).toMatchInlineSnapshot(`
    [
      5,
      "Error: A delegation is signed with the key that owns the repositories; this machine has none.
    Hint: Open http://hub/login/delegate in a browser with the wallet, or run \`dehug login --delegate\` where the key is.
    ",
    ]
  `)
  const bob = machine('bob', 'bob')
  await bob.signIn()
  const foreign = await bob.run(['login', '--delegate', '--repo', 'alice/tiny'])
  expect([foreign.exitCode, foreign.stdout, seen(foreign.stderr)]).toMatchInlineSnapshot(`
    [
      5,
      "",
      "Error: model:alice/tiny belongs to 0xaddress; your key is 0xaddress.
    Hint: Sign with the key that holds the NFT of the repository.
    ",
    ]
  `)
  const none = await bob.run(['login', '--delegate'])
  expect([none.exitCode, none.stdout, none.stderr]).toMatchInlineSnapshot(`
    [
      0,
      "",
      "No repository on chain belongs to this key. The first version needs your own signature (dehug push, dehug anchor).
    ",
    ]
  `)
  expect((await bob.run(['login', '--undelegate', '--device'])).exitCode).toBe(2)
})
