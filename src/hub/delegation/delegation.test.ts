import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubClients, pythonOf, runPython } from '../../../test/python.ts'
import { Repo } from '../../catalog/index.ts'
import { Calls, DevKeys, RelayBudget, Relayer } from '../../chain/index.ts'
import { keyOf, type Network, startNetwork } from '../../chain/testing.ts'
import { Manifest, RepoId } from '../../core/index.ts'
import { Client, PortableSigner } from '../../sdk/index.ts'
import { gatewayPlugin } from '../../store/index.ts'
import { testBrowser } from '../login/test-browser.ts'
import { startTestHub, type TestHub } from '../start-test-hub.ts'
import { anchorCommit } from './anchor-commit.ts'
import * as Delegate from './Delegate.ts'

let network: Network
let hub: TestHub
let client: Client.Client
let ipfs: FastifyInstance
let token: string
let interpreter: string

beforeAll(async () => {
  interpreter = await pythonOf(hubClients[0])
  network = await startNetwork()
  const { chain, relayer, deployment } = network
  hub = await startTestHub({
    ...{ chain, relayer },
    network: () => ({
      ...{ chainId: chain.chainId, rpcUrl: chain.rpcUrl, gateway: hub.url, ipfs: [ipfs.listeningOrigin] },
      ...{ contracts: deployment.contracts, deployment },
    }),
  })
  ipfs = Fastify()
  await ipfs.register(gatewayPlugin(hub.context.store, {}))
  await ipfs.listen({ host: '127.0.0.1', port: 0 })
  client = await clientOf('carol', 'owner')
  token = client.connection.token as string
})
afterAll(async () => {
  await ipfs?.close()
  await hub?.stop()
  await network?.[Symbol.asyncDispose]()
})

const clientOf = async (name: DevKeys.DevName, username: string): Promise<Client.Client> => {
  const signer = PortableSigner.from(keyOf(name))
  const created = await Client.from({ endpoint: hub.url, signer }).login({ username })
  return Client.from({ endpoint: hub.url, signer, token: created.token })
}

/** Runs a script with an unmodified huggingface_hub; it prints one JSON value as its last line. */
const run = async (script: string, args: string[], env: Record<string, string> = {}): Promise<unknown> => {
  const prelude = 'import json, sys\nfrom huggingface_hub import CommitOperationAdd, HfApi\napi = HfApi()\n'
  const ran = await runPython(interpreter, ['-c', prelude + script, ...args], {
    env: { HF_ENDPOINT: hub.url, HF_TOKEN: token, HF_HOME: `${hub.dir}/hf`, HF_HUB_DISABLE_XET: '1', ...env },
  })
  expect(ran.status, ran.stderr).toBe(0)
  return ran.lastJson
}

/** Commits as huggingface_hub does. */
const upload = async (
  name: string,
  files: Record<string, string>,
  env: Record<string, string> = {},
): Promise<string> => {
  const script = `
name, files = sys.argv[1], json.loads(sys.argv[2])
api.create_repo(name, exist_ok=True)
made = api.create_commit(name, [CommitOperationAdd(path, text.encode()) for path, text in files.items()], commit_message="files")
print(json.dumps(made.oid))`
  return (await run(script, [name, JSON.stringify(files)], env)) as string
}

const stateOf = async (name: string, version: string) => {
  const answer = await fetch(`${hub.url}/api/dehug/manifest/model/${name}/${version}`)
  return answer.status === 200 ? ((await answer.json()) as { manifest: string; anchored: boolean }) : undefined
}

const anchoredCommit = async (name: string, commit: string): Promise<Manifest.Manifest> => {
  for (let tries = 0; tries < 100; tries++) {
    const found = await stateOf(name, commit)
    // The chain has it a moment before the hub's own records.
    const { anchored } = (await dehugOf(name)) as { anchored: boolean }
    if (found?.anchored && anchored) return Manifest.parse(found.manifest)
    await delay(300)
  }
  throw new Error(`${commit} was not anchored: ${JSON.stringify(await delegations(name))}`)
}

const delegations = async (name: string) => {
  const answer = await fetch(`${hub.url}/api/dehug/delegations?repo=${name}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return (await answer.json()) as { delegate: string; repos: { expiry: string; problem: string | null }[] }
}

/** What model info says about the head. */
const dehugOf = async (name: string) =>
  ((await (await fetch(`${hub.url}/api/models/${name}`)).json()) as { dehug: unknown }).dehug

/** A worker that took the repository before the owner changed their mind, and only now comes to sign. */
const anchorNow = async (name: string): Promise<void> => {
  const { chain, relayer } = network
  const row = (await Repo.find(hub.context.catalog.db, RepoId.parse(name))) as Repo.Repo
  await anchorCommit({ context: hub.context, chain, relayer, delegate: await Delegate.of(hub.context) }, row)
}

/** Waits until the hub has seen that it may not sign any more. */
const untilEnded = async (): Promise<void> => {
  for (;;) {
    const { rowCount } = await hub.context.catalog.pool.query('select from catalog.delegations')
    if (rowCount === 0) return
    await delay(100)
  }
}

const card = '---\nlicense: mit\n---\n# one'
const repo = RepoId.parse('owner/tiny')

test('behavior: commits of huggingface_hub are anchored by the hub once the owner lets it, and verify against the chain', async () => {
  const first = await upload('owner/tiny', { 'README.md': card, 'config.json': '{}' })
  expect(await stateOf('owner/tiny', first)).toBeUndefined()
  await expect(client.delegate({ repos: [repo] })).rejects.toThrow('was never published')
  const minted = await client.anchorHead({ repo, commit: first })
  expect(minted).toMatchObject({ commit: first, minted: true, added: ['.gitattributes', 'README.md', 'config.json'] })
  expect(await client.anchorHead({ repo })).toMatchObject({ tx: null, added: [], changed: [], deleted: [] })

  const [delegated] = await client.delegate({ days: 30 })
  expect(delegated).toMatchObject({ repo: 'model:owner/tiny' })
  const second = await upload('owner/tiny', { 'config.json': '{"a":1}', 'weights.bin': 'not a pickle' })
  const manifest = await anchoredCommit('owner/tiny', second)
  expect(manifest).toMatchObject({
    ...{ commit: second, delegated: true, license: { id: 'MIT' }, parents: [minted.root] },
    author: client.connection.signer?.address,
  })
  const head = await network.chain.head('model:owner/tiny')
  const version = await network.chain.version(head.modelId, head.root)
  expect([head.root, version.publisher]).toEqual([manifest.root, delegated?.delegate])
  expect(await dehugOf('owner/tiny')).toMatchObject({ anchored: true, delegated: true, root: manifest.root })
  const to = `${hub.dir}/pulled`
  await client.pull({ version: { repo, at: { kind: 'head' } }, folder: to })
  expect(await client.verify({ folder: to })).toMatchObject({ root: manifest.root, anchored: true, isHead: true })
})

test('behavior: many commits in a row become one version; the same files and older ones need none', async () => {
  const before = (await network.chain.model(RepoId.modelId(repo))).versions
  let last = ''
  for (const text of ['1', '2', '3']) last = await upload('owner/tiny', { 'count.txt': text })
  await anchoredCommit('owner/tiny', last)
  const { versions } = await network.chain.model(RepoId.modelId(repo))
  expect(versions - before).toBeLessThanOrEqual(3)
  expect(versions - before).toBeGreaterThanOrEqual(1)
})

const expectDelegated = async (commit: string, parent: { root: string }) => {
  const manifest = await anchoredCommit('owner/tiny', commit)
  const { modelId } = await network.chain.head('model:owner/tiny')
  const version = await network.chain.version(modelId, manifest.root as `0x${string}`)
  const { address } = await Delegate.of(hub.context)
  expect({ ...manifest, publisher: version.publisher }).toMatchObject({
    ...{ commit, delegated: true, parents: [parent.root], publisher: address },
  })
  expect(await dehugOf('owner/tiny')).toMatchObject({ anchored: true, delegated: true, root: manifest.root })
}
const onChain = () => network.chain.head('model:owner/tiny')

test('behavior: a git push is anchored', async () => {
  const before = await onChain()
  const folder = `${hub.dir}/clone`
  const env = { PATH: process.env.PATH, HOME: hub.dir, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1' }
  const who = ['-c', 'user.name=o', '-c', 'user.email=o@x.org']
  const git = async (...args: string[]) => (await promisify(execFile)('git', [...who, ...args], { env })).stdout.trim()
  const url = `${hub.url.replace('//', `//owner:${token}@`)}/owner/tiny`
  await git('clone', '-q', url, folder)
  await writeFile(`${folder}/by-git.txt`, 'pushed')
  await git('-C', folder, 'add', '.')
  await git('-C', folder, 'commit', '-qm', 'by git')
  await git('-C', folder, 'push', '-q')
  await expectDelegated(await git('-C', folder, 'rev-parse', 'HEAD'), before)
})

test('behavior: a push by Xet is anchored', async () => {
  const before = await onChain()
  const known = async () => (await hub.context.catalog.pool.query('select from catalog.xet_files')).rowCount
  expect(await known()).toBe(0)
  const commit = await upload('owner/tiny', { 'model.safetensors': 'x'.repeat(100_000) }, { HF_HUB_DISABLE_XET: '0' })
  expect(await known()).toBe(1)
  await expectDelegated(commit, before)
})

test('behavior: a merged pull request is anchored, an open one is not', async () => {
  const before = await onChain()
  const opened = (await run(
    `
made = api.create_commit('owner/tiny', [CommitOperationAdd('by-pr.txt', b'asked')], commit_message='ask', create_pr=True)
print(json.dumps([made.oid, made.pr_num]))`,
    [],
  )) as [string, number]
  await anchorNow('owner/tiny')
  expect(await onChain()).toEqual(before)
  const script = `
api.merge_pull_request('owner/tiny', int(sys.argv[1]))
print(json.dumps(api.model_info('owner/tiny').sha))`
  const merged = (await run(script, [String(opened[1])])) as string
  expect(merged).not.toBe(opened[0])
  await expectDelegated(merged, before)
})

test('error: nobody else can delegate, and not to somebody else', async () => {
  const bob = await clientOf('bob', 'stranger')
  await expect(bob.delegate({ repos: [repo] })).rejects.toMatchObject({ code: 'not_owner', exitCode: 5 })
  const send = (bearer: string, body: unknown) =>
    fetch(`${hub.url}/api/dehug/delegations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const { delegate } = await delegations('owner/tiny')
  const message = { modelId: RepoId.modelId(repo).toString(), delegate, expiry: '99999999999', ownerEpoch: '0' }
  const signature = `0x${'11'.repeat(65)}`
  const body = { repo: 'model:owner/tiny', delegate: message, signature }
  expect((await send(bob.connection.token as string, body)).status).toBe(403)
  expect((await send(token, body)).status).toBe(403)
  expect((await send(token, { ...body, delegate: { ...message, delegate: `0x${'22'.repeat(20)}` } })).status).toBe(400)
  expect((await send(token, { ...body, delegate: { ...message, modelId: '7' } })).status).toBe(400)
  expect((await send(token, { ...body, repo: 'model:owner/nothing' })).status).toBe(404)
})

test('behavior: the owner takes it back; commits are then there and not anchored', async () => {
  expect(await client.undelegate()).toHaveLength(1)
  expect((await delegations('owner/tiny')).repos[0]?.expiry).not.toBe('0')
  await untilEnded()
  const before = await onChain()
  const commit = await upload('owner/tiny', { 'after.txt': 'x' })
  await anchorNow('owner/tiny')
  expect(await onChain()).toEqual(before)
  expect(await dehugOf('owner/tiny')).toMatchObject({ anchored: false })
  expect(await client.verify({ folder: `${hub.dir}/pulled` })).toMatchObject({ delegated: true, unanchored: commit })
  const at = { repo, at: { kind: 'commit' as const, oid: commit } }
  await expect(client.verify({ folder: `${hub.dir}/pulled`, version: at })).rejects.toMatchObject({
    ...{ code: 'not_anchored', exitCode: 3, details: { commit } },
    message: `The commit ${commit} of owner/tiny is not anchored: nobody signed it.`,
  })
  const own = await client.anchorHead({ repo })
  expect(own).toMatchObject({ commit, added: ['after.txt'], minted: false })
  expect(await dehugOf('owner/tiny')).toMatchObject({ anchored: true, delegated: false })
})

test('behavior: the owner signs on the page with a wallet, as the page asks it to', async () => {
  const browser = testBrowser(hub.url)
  await browser.signIn(token, '/login/delegate')
  const { text, headers } = await browser.visit('/login/delegate')
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  const typed = JSON.parse(/data-typed="([^"]*)"/.exec(text)?.[1]?.replaceAll('&quot;', '"') ?? '')
  const signature = await privateKeyToAccount(keyOf('carol')).signTypedData(typed)
  const signed = JSON.stringify([{ repo: 'model:owner/tiny', delegate: typed.message, signature }])
  const done = await browser.submit('/login/delegate', { signed })
  expect([done.status, done.text.includes('model:owner/tiny')]).toEqual([200, true])
  expect((await delegations('owner/tiny')).repos[0]?.expiry).toBe(typed.message.expiry)
  await browser.visit('/login/delegate')
  expect((await browser.submit('/login/delegate', { signed: 'not json' })).status).toBe(400)
})

test('behavior: a delegation ends by itself', async () => {
  await client.delegate({ repos: [repo], days: 1 })
  const before = await onChain()
  await network.chain.client.request({ method: 'evm_increaseTime', params: [2 * 86_400] } as never)
  await upload('owner/tiny', { 'late.txt': 'x' })
  await untilEnded()
  expect(await onChain()).toEqual(before)
  expect(await dehugOf('owner/tiny')).toMatchObject({ anchored: false })
})

test("behavior: a sale ends the delegation: what is committed later is not anchored by the seller's hub", async () => {
  await client.delegate({ repos: [repo] })
  const { chain, deployment } = network
  const seller = await Relayer.start({ chain, key: keyOf('carol'), budget: RelayBudget.inMemory({ now: Date.now }) })
  const from = client.connection.signer?.address as `0x${string}`
  const buyer = DevKeys.get('alice', DevKeys.devChainId).address
  await seller.send(Calls.transferModel(deployment, from, buyer, RepoId.modelId(repo)), { account: from })
  await seller.stop()
  const before = await onChain()
  await upload('owner/tiny', { 'sold.txt': 'x' })
  await anchorNow('owner/tiny')
  await untilEnded()
  expect(await onChain()).toEqual(before)
  expect((await delegations('owner/tiny')).repos[0]?.expiry).toBe('0')
  expect(await dehugOf('owner/tiny')).toMatchObject({ anchored: false })
})
