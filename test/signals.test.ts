import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engagement, openCatalog } from '../src/catalog/index.ts'
import { Calls, Chain, DevKeys, RelayBudget, Relayer } from '../src/chain/index.ts'
import { keyOf } from '../src/chain/testing.ts'
import { Domain, type Hex, PullReceipt, RepoId, SeasonWinner, Signals, Version } from '../src/core/index.ts'
import { publishSeasons } from '../src/hub/signals/publish-seasons.ts'
import { PortableSigner } from '../src/sdk/index.ts'
import { SignalsWire } from '../src/wire/index.ts'
import { startNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork
let database: pg.Pool
beforeAll(async () => {
  network = await startNetwork({ models: ['dehug-tiny-chat', 'dehug-embed'] })
  database = new pg.Pool({ connectionString: network.databaseUrl, max: 1 })
  database.on('error', () => undefined)
}, 240_000)
afterAll(async () => {
  await database?.end()
  await network?.stop()
})

const repo = 'model:dehug/dehug-tiny-chat'
const tokenOf = (name: string) => network.account(name).token
const call = async (path: string, init: { token?: string; body?: unknown; agent?: string } = {}) => {
  const answer = await fetch(`${network.hub}/api/dehug${path}`, {
    method: init.body === undefined ? 'GET' : 'POST',
    headers: {
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(init.token ? { authorization: `Bearer ${init.token}` } : {}),
      ...(init.agent ? { 'user-agent': init.agent } : {}),
    },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  })
  return { status: answer.status, body: await answer.json() }
}
const headRoot = async (): Promise<Hex> => (await call('/manifest/model/dehug/dehug-tiny-chat/head')).body.root

test('behavior: a verified pull counts once per person, version and day, signed by the wallet', async () => {
  const version = Version.parse('dehug/dehug-tiny-chat')
  const bob = network.client('bob')
  await bob.pull({ version, folder: join(network.home, 'pulled') })
  await bob.pull({ version, folder: join(network.home, 'pulled-again') })
  await bob.pull({ version, folder: join(network.home, 'uncounted'), count: false })
  const { body } = await call('/pulls/model/dehug/dehug-tiny-chat')
  const today = PullReceipt.dayOf(Date.now())
  expect(body).toEqual({ repo, verifiedPulls30d: 1, days: [{ day: today, root: await headRoot(), pulls: 1 }] })
  const info = await fetch(`${network.hub}/api/models/dehug/dehug-tiny-chat`).then((answer) => answer.json())
  expect(info.dehug.verifiedPulls).toBe(1)
  const { body: day } = await call(`/signals/${today}`)
  const separator = Domain.separator(Domain.signals(31337, network.deployment.contracts.EngagementOracle as Hex))
  const [{ puller, tag, signer, signature, versionRoot }] = day.pulls
  const digest = PullReceipt.digest(separator, { repo, versionRoot, puller, tag, day: today })
  expect([puller, signer]).toEqual([network.account('bob').address, network.account('bob').address])
  expect(PortableSigner.recover(digest, signature)).toBe(puller)
})

test('behavior: without a signature the hub signs, machines are left out, and a stranger is told nothing', async () => {
  const root = await headRoot()
  const counted = await call('/pulls', { token: tokenOf('carol'), body: { repo, root } })
  expect(counted.body).toMatchObject({ counted: true, by: 'hub', receipt: { puller: PullReceipt.noPuller } })
  expect((await call('/pulls', { token: tokenOf('carol'), body: { repo, root } })).body).toEqual({
    counted: false,
    reason: 'repeated',
  })
  const agent = 'some-ci-bot/1.0 (github-actions)'
  expect((await call('/pulls', { token: tokenOf('alice'), agent, body: { repo, root } })).body.reason).toBe('excluded')
  expect((await call('/pulls', { body: { repo, root } })).status).toBe(401)
  expect((await call('/pulls', { token: tokenOf('alice'), body: { repo: 'model:no/such', root } })).status).toBe(404)
  const bad = { repo, root, signature: `0x${'11'.repeat(65)}` }
  expect((await call('/pulls', { token: tokenOf('alice'), body: bad })).body.code).toBe('bad_pull_signature')
  const old = { repo, root, day: PullReceipt.dayOf(Date.now()) - 3 }
  expect((await call('/pulls', { token: tokenOf('alice'), body: old })).body.code).toBe('bad_pull_day')
})

test('behavior: anyone computes the day again from signatures and the chain', async () => {
  const today = PullReceipt.dayOf(Date.now())
  const found = await network.client('carol').auditSignals(today)
  expect(found).toMatchObject({ epoch: today, pulls: 2, poster: null, differences: [] })
  const { body } = await call(`/signals/${today}`)
  expect(body.roots).toEqual(found.roots)
  expect(body.scores).toMatchObject([{ repo, pulls: 2, paidPulls: 0, likes: 0 }])
  expect((await call('/signals')).body).toMatchObject({
    formula: { name: 'dehug.signals.v1', halfLifeDays: 7 },
    epochs: [{ epoch: today, pulls: 2, complete: false }],
  })
  expect((await call('/signals/nonsense')).status).toBe(400)
})

test('behavior: a day that is over is posted on chain with its inputs, and audited against that', async () => {
  const epoch = PullReceipt.dayOf(Date.now()) - 2
  const versionRoot = await headRoot()
  const signer = PortableSigner.from(keyOf('bob'))
  const receipt = { repo, versionRoot, puller: signer.address, tag: PullReceipt.noTag, day: epoch }
  const separator = Domain.separator(Domain.signals(31337, network.deployment.contracts.EngagementOracle as Hex))
  const signature = await signer.sign(PullReceipt.digest(separator, receipt))
  await database.query(
    `insert into catalog.pulls (repo_id, root, day, person, repo, by, signer, signature, created_at)
     select id, $1, $2, 'bob', key, 'wallet', $3, $4, now() from catalog.repos where key = $5`,
    [versionRoot, epoch, signer.address, signature, repo],
  )
  const posted = async () => (await call(`/signals/${epoch}`)).body.oracle.posted
  await expect.poll(posted, { timeout: 60_000, interval: 500 }).toMatchObject({ contested: false })
  const found = await network.client('carol').auditSignals(epoch)
  expect(found).toMatchObject({ pulls: 1, poster: DevKeys.get('relayer', 31337).address, differences: [] })
  const { roots, dataCid } = await posted()
  expect(roots).toEqual(found.roots)
  const data = await fetch(`${network.hub}/ipfs/${dataCid}`).then((answer) => answer.json())
  expect(Signals.roots(SignalsWire.inputsOf(SignalsWire.Day.parse(data)))).toEqual(roots)
})

test('behavior: ten thousand pulls of fresh accounts count less than twenty payers, and lists follow the points', async () => {
  await using catalog = await openCatalog({ databaseUrl: network.databaseUrl })
  const today = PullReceipt.dayOf(Date.now())
  await database.query(
    `insert into catalog.pulls (repo_id, root, day, person, repo, by, signer, signature, created_at)
     select r.id, v.root, $1, '0x' || lpad(to_hex(n), 64, '0'), r.key, 'hub', '0x' || repeat('1', 40), '0x', now()
     from catalog.repos r join catalog.versions v on v.repo_id = r.id, generate_series(1, 10000) n
     where r.key = 'model:dehug/dehug-embed'`,
    [today],
  )
  const alice = network.client('alice')
  for (let i = 0; i < 3; i += 1) {
    const messages = [{ role: 'user' as const, content: `What is DeHug? ${i}` }]
    await alice.chat({ model: 'dehug/dehug-tiny-chat', messages, maxTokens: 24 })
  }
  await alice.release()
  await expect
    .poll(async () => (await call(`/signals/${today}`)).body.usage.length, { timeout: 60_000, interval: 500 })
    .toBeGreaterThan(0)
  await Engagement.refresh(catalog.db, today)
  const { body } = await call(`/signals/${today}`)
  const scores = new Map<string, { score: number; pulls: number; payers: number }>(
    body.scores.map((score: { repo: string }) => [score.repo, score]),
  )
  expect(scores.get('model:dehug/dehug-embed')).toMatchObject({ pulls: 10_000, payers: 0, score: 13 })
  expect(scores.get(repo)).toMatchObject({ pulls: 2, payers: 1 })
  expect(body.roots).toMatchObject({ scores: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
  const twentyPayers = Signals.scores({
    pulls: [],
    likes: [],
    usage: Array.from({ length: 20 }, (_, i) => ({
      channelId: `0x${i.toString(16).padStart(64, '0')}` as Hex,
      modelId: 1n,
      payer: `0x${i.toString(16).padStart(40, '0')}` as Hex,
      fee: 1n,
    })),
  })
  expect(Number(Signals.dayPoints(twentyPayers[0] as Signals.Score))).toBeGreaterThan(13)
  const forged = await network.client('carol').auditSignals(today)
  expect(forged.differences).toHaveLength(10_000)
  expect(forged.differences[0]).toMatchObject({ found: 'another signature' })
  const listed = await fetch(`${network.hub}/api/models?sort=trendingScore&author=dehug`).then((answer) =>
    answer.json(),
  )
  const byPoints = [...scores].sort(([, a], [, b]) => b.score - a.score).map(([key]) => key.replace('model:', ''))
  expect(listed.map(({ id }: { id: string }) => id)).toEqual(byPoints)
})

test('behavior: boards, badges, reputation and profiles say what the chain says', async () => {
  const [dehug, alice] = [network.account('dehug'), network.account('alice')]
  const board = async (kind: string) => (await call(`/leaderboards?kind=${kind}&period=7d`)).body.entries
  expect((await board('creators'))[0]).toMatchObject({ rank: 1, address: dehug.address, name: 'dehug', models: 1 })
  expect((await board('models'))[0]).toMatchObject({ rank: 1, repo, payers: 1, verifiedPulls: 2 })
  expect((await board('providers'))[0]).toMatchObject({ rank: 1, servingNow: true, uptime: 1, jobs: 3 })
  expect(await board('evals')).toEqual([])
  expect((await call('/leaderboards?kind=luck')).status).toBe(400)

  const { body: badges } = await call('/badges/dehug')
  expect(badges).toMatchObject({ address: dehug.address, badges: [], claimable: [{ name: 'creator', kind: 1 }] })
  const chain = await Chain.connect({ rpcUrl: network.rpcUrl, deployment: network.deployment })
  const budget = RelayBudget.inMemory({ now: Date.now })
  await using relayer = await Relayer.start({ chain, key: keyOf('auditor'), budget })
  const award = Calls.awardCreator(network.deployment, dehug.address as Hex, BigInt(badges.claimable[0].modelId))
  await relayer.send(award, { account: 'anybody' })
  await expect.poll(async () => (await call('/badges/dehug')).body.badges.length, { timeout: 20_000 }).toBe(1)
  expect((await call('/badges')).body.kinds).toHaveLength(6)

  const { body: seasons } = await call('/seasons')
  const [{ season }] = seasons.seasons
  expect(seasons.seasons[0]).toMatchObject({ state: 'running', root: null })
  expect((await call(`/seasons/${season}`)).body.standings).toContainEqual(
    expect.objectContaining({ kind: 6, rank: 1, account: dehug.address, repo }),
  )
  expect((await call(`/seasons/${season + 1}`)).status).toBe(400)

  const { body: reputation } = await call('/reputation/dehug')
  expect(reputation.parts.map(({ part }: { part: string }) => part)).toEqual(
    expect.arrayContaining(['models', 'versions']),
  )
  const { body: profile } = await call(`/profiles/${dehug.address}`)
  expect(profile).toMatchObject({
    account: { name: 'dehug', address: dehug.address },
    badges: [{ name: 'creator', title: 'Creator', burned: false }],
    revenue: { models: 1 },
  })
  expect(profile.models.map(({ id }: { id: string }) => id)).toContain('dehug/dehug-tiny-chat')
  expect((await call('/profiles/nobody-of-this-name')).status).toBe(404)
  expect((await call(`/profiles/0x${'12'.repeat(20)}`)).body.account).toMatchObject({ kind: 'wallet', name: null })
  expect((await call(`/reputation/${alice.address}`)).body.account).toBe('alice')
})

test('behavior: people hear of discussions, comments and versions, and mark them as read', async () => {
  const post = (path: string, name: string, body: unknown) =>
    fetch(`${network.hub}/api/models/dehug/dehug-tiny-chat${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf(name)}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((answer) => answer.json())
  const { num } = await post('/discussions', 'alice', { title: 'How small is it?', description: 'Please tell.' })
  await post(`/discussions/${num}/comment`, 'bob', { comment: 'I wonder too.' })
  const forOwner = (await call('/notifications', { token: tokenOf('dehug') })).body
  expect(forOwner.items.slice(0, 2)).toMatchObject([
    { kind: 'comment', actor: 'bob', repo, read: false, url: expect.stringContaining(`/discussions/${num}#`) },
    { kind: 'discussion', actor: 'alice', title: 'How small is it?' },
  ])
  const forAlice = (await call('/notifications', { token: tokenOf('alice') })).body
  expect(forAlice.items.filter(({ kind }: { kind: string }) => kind !== 'payout')).toMatchObject([{ kind: 'comment' }])
  const first = (await call('/notifications?limit=1', { token: tokenOf('dehug') })).body
  const second = (await call(`/notifications?limit=1&cursor=${first.next}`, { token: tokenOf('dehug') })).body
  expect([first.items[0].kind, second.items[0].kind]).toEqual(['comment', 'discussion'])
  await call('/notifications/read', { token: tokenOf('dehug'), body: { ids: [first.items[0].id] } })
  const unread = (await call('/notifications?unread=1', { token: tokenOf('dehug') })).body
  expect(unread.items[0].kind).toBe('discussion')
  expect((await call('/notifications/read', { token: tokenOf('dehug'), body: {} })).body).toEqual({ unread: 0 })
  expect((await call('/notifications')).status).toBe(401)
})

test('behavior: results of a card are signed with the version that a push anchors', async () => {
  const folder = join(network.home, 'judged')
  await mkdir(folder)
  const stated = '{task: {type: fill-mask}, dataset: {type: imdb, split: test}, metrics: [{type: loss, value: 0.25}]}'
  const card = `---\nlicense: mit\nmodel-index: [{name: judged, results: [${stated}]}]\n---\n# Judged\n`
  await writeFile(join(folder, 'README.md'), card)
  const { root, commit } = await network.client('carol').push({ folder, repo: RepoId.parse('carol/judged') })
  const result = { task: 'fill-mask', dataset: 'imdb[test]', metric: 'loss', value: 0.25, datasetSha256: null }
  const signed = { source: 'manifest', verified: false, commit, root, runner: network.account('carol').address }
  expect((await call('/models/carol/judged/evaluations')).body).toEqual({ results: [{ ...result, ...signed }] })
  const { entries } = (await call('/leaderboards?kind=evals&dataset=imdb')).body
  expect(entries).toEqual([{ rank: 1, repo: 'model:carol/judged', ...result, ...signed }])
})

test('behavior: the winners of a season that is over are published once, and anyone can claim their badges', async () => {
  const season = SeasonWinner.seasonOf(Date.now() / 1000) - 1
  await database.query(
    `insert into catalog.signal_days (repo_id, day, points) select id, $1, 5000 from catalog.repos where key = $2`,
    [season * 28 + 3, repo],
  )
  const standing = async () => (await call(`/seasons/${season}`)).body
  await expect.poll(standing, { timeout: 60_000, interval: 500 }).toMatchObject({ season, state: 'posted' })
  const { root, dataCid, standings } = await standing()
  const winner = { kind: 6, rank: 1, account: network.account('dehug').address, name: 'dehug', repo, score: '5000' }
  expect(standings).toEqual([{ ...winner, season, modelId: expect.any(String), proof: [] }])
  const data = SignalsWire.Season.parse(await fetch(`${network.hub}/ipfs/${dataCid}`).then((answer) => answer.json()))
  const { account, modelId } = standings[0]
  const place = { season: BigInt(season), kind: 6, rank: 1, account, subject: BigInt(modelId), score: 5000n }
  expect(data.winners).toEqual([{ kind: 6, rank: 1, account, subject: modelId, score: '5000' }])
  expect(SeasonWinner.root([place])).toBe(root)

  // Whoever won later, or a hub that starts again, changes nothing.
  await database.query(`update catalog.signal_days set points = 7000 where day = $1`, [season * 28 + 3])
  expect((await standing()).standings).toEqual(standings)
  const chain = await Chain.connect({ rpcUrl: network.rpcUrl, deployment: network.deployment })
  await using catalog = await openCatalog({ databaseUrl: network.databaseUrl })
  const issuer = DevKeys.get('relayer', 31337).address
  const relayer = { address: issuer, send: () => Promise.reject(new Error('It was sent again.')) }
  const context = { catalog, clock: () => new Date() }
  await publishSeasons({ context, chain, relayer } as unknown as Parameters<typeof publishSeasons>[0])
  expect((await chain.seasonPost(issuer, season)).root).toBe(root)

  await using auditor = await Relayer.start({
    chain,
    key: keyOf('auditor'),
    budget: RelayBudget.inMemory({ now: Date.now }),
  })
  const award = Calls.awardSeason(network.deployment, issuer, place, standings[0].proof)
  await expect(auditor.send(award, { account: 'anybody' })).rejects.toThrow('ContestOpen')
  await chain.client.request({ method: 'evm_increaseTime', params: [86_400] } as never)
  await expect.poll(async () => Number(await chain.now()) > Date.now() / 1000 + 80_000, { timeout: 20_000 }).toBe(true)
  const claimable = async () => (await call('/badges/dehug')).body.claimable
  const claim = { name: 'season-model', season, rank: 1, issuer, modelId, score: '5000', merkleProof: [] }
  expect(await claimable()).toContainEqual(expect.objectContaining(claim))
  await auditor.send(award, { account: 'anybody' })
  const badges = async () => (await call('/badges/dehug')).body.badges
  await expect
    .poll(badges, { timeout: 20_000 })
    .toContainEqual(expect.objectContaining({ name: 'season-model', issuer, season, rank: 1, evidence: modelId }))
  expect(await claimable()).toEqual([])

  // Days that nobody contested in their window are recorded, each with its points.
  const query =
    '{ oracleRecords(limit: 1) { items { poster modelId epoch points score } } seasons { items { season struck struckBy } } }'
  const indexed = async () => {
    const body = JSON.stringify({ query })
    const headers = { 'content-type': 'application/json' }
    return (await fetch(network.graphql, { method: 'POST', headers, body }).then((answer) => answer.json())).data
  }
  await expect.poll(indexed, { timeout: 60_000, interval: 500 }).toMatchObject({
    oracleRecords: { items: [{ poster: issuer, modelId, points: expect.stringMatching(/^\d+$/) }] },
    seasons: { items: [{ season: String(season), struck: false, struckBy: null }] },
  })
})
