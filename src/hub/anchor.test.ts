import { createSiweMessage } from 'viem/siwe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyOf, type Network, signerOf, startNetwork } from '../chain/testing.ts'
import { Bytes, Cid, Domain, Hash, type Hex, License, Manifest, Mint, Publish, RepoId, UnixFs } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { HubWire } from '../wire/index.ts'
import { startTestHub, type TestHub } from './start-test-hub.ts'

let network: Network
let hub: TestHub
let token: string
const wallet = signerOf('dehug')

beforeAll(async () => {
  network = await startNetwork()
  hub = await startTestHub({ chain: network.chain, relayer: network.relayer })
})
afterAll(async () => {
  await hub?.stop()
  await network?.[Symbol.asyncDispose]()
})

const call = async (method: string, path: string, body?: unknown, bearer: string | undefined = token) => {
  const answer = await fetch(hub.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

const signIn = async (signer = wallet, changes: Partial<Parameters<typeof createSiweMessage>[0]> = {}) => {
  const { nonce, domain, chainId } = (await call('GET', '/api/dehug/nonce')).body as HubWire.LoginNonce
  const message = createSiweMessage({
    address: signer.address,
    chainId,
    domain,
    nonce,
    uri: hub.url,
    version: '1',
    ...changes,
  })
  return { message, signature: signer.sign(Domain.personalDigest(message)) }
}

test('behavior: a wallet logs in, names itself once, and its token can be revoked', async () => {
  const login = await signIn()
  const first = await call('POST', '/api/dehug/tokens', { ...login, username: 'dehug' }, '')
  expect(first).toMatchObject({ status: 200, body: { user: 'dehug', address: wallet.address } })
  token = first.body.token
  const again = await call('POST', '/api/dehug/tokens', { ...(await signIn()), username: 'other', scope: 'read' }, '')
  expect(again.body.user).toBe('dehug')
  expect((await call('GET', '/api/whoami-v2', undefined, again.body.token)).body).toMatchObject({
    name: 'dehug',
    address: wallet.address,
    auth: { accessToken: { role: 'read' } },
  })
  expect((await call('GET', '/api/dehug/tokens')).body.length).toBe(2)
  expect((await call('DELETE', `/api/dehug/tokens/${first.body.id}`, undefined, again.body.token)).status).toBe(404)
  expect((await call('DELETE', '/api/dehug/tokens/self', undefined, again.body.token)).status).toBe(200)
  expect((await call('GET', '/api/whoami-v2', undefined, again.body.token)).status).toBe(401)
  expect((await call('POST', '/api/dehug/tokens', login, '')).body.error).toContain('its nonce is unknown or used')
})

test('error: a limited token cannot make another, so limits hold', async () => {
  const limits = [
    { scope: 'read' },
    { repos: ['dehug/tiny'] },
    { spendCapMicroUsdc: '5' },
    { expiresAt: new Date(Date.now() + 60_000).toISOString() },
  ]
  for (const limit of limits) {
    const limited = await call('POST', '/api/dehug/tokens', { name: 'limited', ...limit })
    expect(limited.status).toBe(200)
    const more = await call('POST', '/api/dehug/tokens', { name: 'more' }, limited.body.token)
    expect(more).toMatchObject({ status: 403, body: { code: 'token_limited' } })
  }
})

test('error: messages for other hubs and chains, old ones and foreign signatures do not log in', async () => {
  const tries = [
    await signIn(wallet, { domain: 'evil.example' }),
    await signIn(wallet, { chainId: 1 }),
    await signIn(wallet, { expirationTime: new Date(0) }),
    { ...(await signIn()), signature: signerOf('bob').sign(`0x${'11'.repeat(32)}`) },
    await signIn(signerOf('bob'), { address: wallet.address }),
    { ...(await signIn()), message: 'hello' },
  ]
  for (const body of tries) {
    expect(await call('POST', '/api/dehug/tokens', body, '')).toMatchObject({
      status: 401,
      body: { code: 'login_refused' },
    })
  }
  expect((await call('POST', '/api/dehug/tokens', { message: 'x' }, '')).status).toBe(400)
  expect((await call('POST', '/api/dehug/tokens', {}, '')).status).toBe(401)
})

const commit = async (repo: string, files: Record<string, string>) => {
  const lines = [
    { key: 'header', value: { summary: 'files' } },
    ...Object.entries(files).map(([path, content]) => ({ key: 'file', value: { path, content, encoding: 'utf-8' } })),
  ]
  const answer = await fetch(`${hub.url}/api/models/${repo}/commit/main`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  expect(answer.status).toBe(200)
}

const manifestOf = async (name: string, change: Partial<Manifest.Input> = {}) => {
  const { body } = await call('GET', `/api/dehug/files/model/dehug/${name}/main`)
  const facts = HubWire.CommitFiles.parse(body)
  return Manifest.from({
    repo: RepoId.parse(`dehug/${name}`),
    commit: facts.commit,
    parents: facts.head ? [facts.head] : [],
    files: facts.files,
    license: License.from('Apache-2.0'),
    author: wallet.address,
    createdAt: 1_767_323_045_000,
    ...change,
  })
}

const separator = () =>
  Domain.separator(Domain.registry(network.chain.chainId, network.deployment.contracts.ModelRegistry))

const signed = (manifest: Manifest.Manifest) => {
  const { root } = UnixFs.fileDag([{ digest: leaf(manifest), size: Bytes.utf8(Manifest.serialize(manifest)).length }])
  return {
    repo: manifest.repo,
    manifestCid: Bytes.toHex(Cid.bytes(root)),
    root: manifest.root as Hex,
    fileCount: BigInt(manifest.fileCount),
  }
}
const leaf = (manifest: Manifest.Manifest) => Bytes.fromHex(Hash.sha256(Bytes.utf8(Manifest.serialize(manifest))))
const mintOf = (manifest: Manifest.Manifest, signer = wallet) => {
  const mint: Mint.Mint = {
    ...signed(manifest),
    owner: signer.address,
    creators: [signer.address],
    shares: [10_000],
    creatorBps: 2000,
    creatorShareBps: 5000,
    royaltyBps: 500,
    deadline: BigInt(Math.floor(Date.now() / 1000) + 3600),
  }
  return {
    repo: manifest.repo,
    manifest: Manifest.serialize(manifest),
    mint: Mint.serialize(mint),
    signature: signer.sign(Mint.digest(separator(), mint)),
  }
}
const publishOf = (manifest: Manifest.Manifest, signer = wallet) => {
  const publish: Publish.Publish = { ...signed(manifest), parent: manifest.parents[0] as Hex, ownerEpoch: 0n }
  return {
    repo: manifest.repo,
    manifest: Manifest.serialize(manifest),
    publish: Publish.serialize(publish),
    signature: signer.sign(Publish.digest(separator(), publish)),
  }
}

test('behavior: the first anchor mints, later ones follow the head, and both can be fetched', async () => {
  await call('POST', '/api/repos/create', { name: 'tiny' })
  await commit('dehug/tiny', { 'config.json': '{}', 'README.md': '# one' })
  const one = await manifestOf('tiny')
  const minted = await call('POST', '/api/dehug/anchor', mintOf(one))
  expect(minted).toMatchObject({
    status: 200,
    body: { root: one.root, tokenId: String(RepoId.modelId(RepoId.parse('dehug/tiny'))) },
  })
  expect(await network.chain.head('model:dehug/tiny')).toMatchObject({ root: one.root, owner: wallet.address })
  const repeated = await call('POST', '/api/dehug/anchor', mintOf(one))
  expect(repeated).toMatchObject({ status: 200, body: { root: one.root, tx: null } })

  await commit('dehug/tiny', { 'README.md': '# two' })
  const two = await manifestOf('tiny')
  expect(two.parents).toEqual([one.root])
  const both = await Promise.all([1, 2].map(() => call('POST', '/api/dehug/anchor', publishOf(two))))
  expect(both.some(({ status }) => status === 200)).toBe(true)
  expect((await network.chain.head('model:dehug/tiny')).root).toBe(two.root)
  for (const [version, root] of [
    ['head', two.root],
    ['main', two.root],
    [one.root, one.root],
    [one.commit, one.root],
  ]) {
    const found = await call('GET', `/api/dehug/manifest/model/dehug/tiny/${version}`)
    expect(found).toMatchObject({ status: 200, body: { root, anchored: true } })
    expect(Manifest.parse(found.body.manifest).root).toBe(root)
  }
  expect((await call('GET', '/api/dehug/manifest/model/dehug/tiny/nope')).status).toBe(404)
  const late = await call(
    'POST',
    '/api/dehug/anchor',
    publishOf({ ...two, parents: [one.root], createdAt: 7 } as Manifest.Manifest),
  )
  expect(late).toMatchObject({ status: 409, body: { code: 'head_moved', details: { head: two.root } } })
})

test('error: a manifest that is not the commit is refused before any gas is spent', async () => {
  await call('POST', '/api/repos/create', { name: 'wrong' })
  await commit('dehug/wrong', { 'a.txt': 'a', 'b.txt': 'b' })
  const good = await manifestOf('wrong')
  const [first, ...rest] = good.files as [Manifest.File, ...Manifest.File[]]
  const built = (files: Manifest.File[]) => manifestOf('wrong', { files })
  const tries = [
    mintOf(await built([{ ...first, size: first.size + 1 }, ...rest])),
    mintOf(await built([{ ...first, sha256: 'ab'.repeat(32) }, ...rest])),
    mintOf(await built([{ ...first, cid: rest[0]?.cid as string }, ...rest])),
    mintOf(await built(rest)),
    mintOf(await built([...good.files, { ...first, path: 'zzz' }])),
    mintOf(await manifestOf('wrong', { commit: 'ab'.repeat(20) })),
    mintOf(await manifestOf('wrong', { repo: RepoId.parse('dehug/tiny') })),
    { ...mintOf(good), repo: 'model:dehug/tiny' },
    { ...mintOf(good), manifest: `${Manifest.serialize(good)} ` },
    { ...mintOf(good), mint: { ...mintOf(good).mint, fileCount: '9' } },
    { ...mintOf(good), mint: { ...mintOf(good).mint, manifestCid: '0x01' } },
    { ...mintOf(good), manifest: '{"schema":"dehug.manifest.v1"}' },
    { ...mintOf(good), manifest: 'not json' },
    { ...mintOf(good), mint: undefined },
  ]
  const block = await network.chain.client.getTransactionCount({ address: network.relayer.address as Hex })
  for (const [i, body] of tries.entries()) {
    expect([i, (await call('POST', '/api/dehug/anchor', body)).status]).toEqual([i, 400])
  }
  expect(await network.chain.client.getTransactionCount({ address: network.relayer.address as Hex })).toBe(block)
})

test('error: a signature by somebody else is refused by the chain and nothing stays', async () => {
  const manifest = await manifestOf('wrong')
  const stranger = NativeSigner.from(keyOf('bob'))
  const body = { ...mintOf(manifest), signature: mintOf(manifest, stranger).signature }
  expect((await call('POST', '/api/dehug/anchor', body)).status).toBe(403)
  expect((await call('GET', `/api/dehug/manifest/model/dehug/wrong/${manifest.root}`)).status).toBe(404)
  expect((await call('POST', '/api/dehug/anchor', mintOf(manifest), '')).status).toBe(401)
})

test('error: a private repository is not anchored', async () => {
  await call('PUT', '/api/models/dehug/wrong/settings', { visibility: 'private' })
  const answer = await call('POST', '/api/dehug/anchor', mintOf(await manifestOf('wrong')))
  expect(answer).toMatchObject({ status: 409, body: { code: 'repo_private' } })
})

test('error: what is anchored cannot be hidden or deleted', async () => {
  const hidden = await call('PUT', '/api/models/dehug/tiny/settings', { visibility: 'private' })
  expect(hidden).toMatchObject({ status: 409, body: { code: 'repo_anchored' } })
  expect((await call('DELETE', '/api/repos/delete', { name: 'tiny' })).status).toBe(409)
})

test('error: a hub without a chain says so', async () => {
  expect(await call('GET', '/api/dehug/network')).toMatchObject({ status: 503, body: { code: 'no_chain' } })
})
