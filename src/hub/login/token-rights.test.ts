import { afterAll, beforeAll, expect, test } from 'vitest'
import { OauthScope, Rights } from '../../catalog/index.ts'
import { startTestHub, type TestHub, tokens } from '../start-test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
  await call('POST', '/api/repos/create', { name: 'private', visibility: 'private' })
  await call('POST', '/api/repos/create', { name: 'shared', organization: 'lab', visibility: 'private' })
})
afterAll(() => hub?.stop())

const call = async (method: string, path: string, body?: unknown, bearer: string = tokens.ada) => {
  const answer = await fetch(hub.url + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

const commit = async (repo: string, bearer: string): Promise<number> => {
  const lines = [
    { key: 'header', value: { summary: 'x' } },
    { key: 'file', value: { path: `${Math.random()}.txt`, content: 'x', encoding: 'utf-8' } },
  ]
  const answer = await fetch(`${hub.url}/api/models/${repo}/commit/main`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  await answer.text()
  return answer.status
}

let made = 0
/** What a token can do with ada's private repository, with the organisation's, and by creating one. */
const can = async (bearer: string) => ({
  read: [
    (await call('GET', '/api/models/ada/private', undefined, bearer)).status,
    (await call('GET', '/api/models/lab/shared', undefined, bearer)).status,
  ],
  commit: [await commit('ada/private', bearer), await commit('lab/shared', bearer)],
  settings: (await call('PUT', '/api/models/lab/shared/settings', { visibility: 'private' }, bearer)).status,
  create: (await call('POST', '/api/repos/create', { name: `made-${++made}` }, bearer)).status,
  listed: ((await call('GET', '/api/models?author=ada&search=private', undefined, bearer)).body as unknown[]).length,
})

const tokenWith = async (fineGrained: unknown): Promise<string> =>
  (await call('POST', '/api/dehug/tokens', { name: 'limited', fineGrained })).body.token

const all = { read: [200, 200], commit: [200, 200], settings: 200, create: 200, listed: 1 }
const nothing = { read: [404, 404], commit: [404, 404], settings: 404, create: 403, listed: 0 }

test('behavior: each right opens its doors, on its repository, account or everything, and no others', async () => {
  const on = (entity: string, ...permissions: string[]) => ({ scoped: [{ entity, permissions }] })
  const rows: [string, unknown, object][] = [
    ['nothing', {}, nothing],
    ['other things', { global: ['discussion.write', 'user.webhooks.write', 'inference.serverless.write'] }, nothing],
    [
      'one repository',
      on('model:ada/private', 'repo.content.read'),
      { ...nothing, read: [200, 404], commit: [403, 404], listed: 1 },
    ],
    [
      'upper case',
      on('Ada/Private', 'repo.content.read'),
      { ...nothing, read: [200, 404], commit: [403, 404], listed: 1 },
    ],
    ['a data set of that name', on('dataset:ada/private', 'repo.write'), nothing],
    [
      'commits to one',
      on('model:ada/private', 'repo.content.write'),
      { ...nothing, read: [200, 404], commit: [200, 404], listed: 1 },
    ],
    [
      'an organisation',
      on('lab', 'repo.content.read'),
      { ...nothing, read: [404, 200], commit: [404, 403], settings: 403 },
    ],
    [
      'all of an organisation',
      on('lab', 'repo.write'),
      { ...nothing, read: [404, 200], commit: [404, 200], settings: 200 },
    ],
    [
      'all of a person',
      on('ada', 'repo.write'),
      { ...nothing, read: [200, 404], commit: [200, 404], create: 200, listed: 1 },
    ],
    [
      'reading everything',
      { global: ['repo.content.read'] },
      { ...nothing, read: [200, 200], commit: [403, 403], settings: 403, listed: 1 },
    ],
    ['commits everywhere', { global: ['repo.content.write'] }, { ...all, settings: 403, create: 403 }],
    ['everything', { global: ['repo.write'] }, all],
  ]
  for (const [name, fineGrained, expected] of rows) {
    expect([name, await can(await tokenWith(fineGrained))]).toEqual([name, expected])
  }
  expect(await can(tokens.ada)).toEqual(all)
  expect(await can(tokens.adaRead)).toEqual({ ...all, commit: [403, 403], settings: 403, create: 403 })
})

test('behavior: rights on a repository follow it to its new name, and never pass to another one', async () => {
  const on = (entity: string) => ({ scoped: [{ entity, permissions: ['repo.write'] }] })
  const create = (name: string, bearer?: string) =>
    call('POST', '/api/repos/create', { name, visibility: 'private' }, bearer)
  const move = (from: string, to: string, bearer?: string) =>
    call('POST', '/api/repos/move', { fromRepo: from, toRepo: to, type: 'model' }, bearer)
  const remove = (name: string) => call('DELETE', '/api/repos/delete', { name, type: 'model' })
  const reads = async (repo: string, bearer: string) =>
    (await call('GET', `/api/models/${repo}`, undefined, bearer)).status
  await create('first')
  const token = await tokenWith(on('model:ada/first'))
  const both = await tokenWith({
    scoped: [...on('model:ada/first').scoped, ...on('model:ada/private').scoped, ...on('lab').scoped],
  })
  expect((await move('ada/first', 'lab/second')).status).toBe(200)
  expect([await reads('lab/second', token), await commit('lab/second', token)]).toEqual([200, 200])
  expect((await create('first')).status).toBe(409)
  const { scoped } = (await call('GET', '/api/whoami-v2', undefined, both)).body.auth.accessToken.fineGrained
  expect(scoped.map(({ entity }: { entity: { name: string } }) => entity.name)).toEqual([
    ...['lab/second', 'ada/private', 'lab'],
  ])
  expect(await reads('ada/private', both)).toBe(200)

  const byOldName = await tokenWith(on('model:ada/first'))
  expect(await reads('lab/second', byOldName)).toBe(200)
  const rotated = (await call('POST', '/api/dehug/tokens/self/rotate', {}, byOldName)).body.token
  expect((await move('lab/second', 'ada/third')).status).toBe(200)
  expect([await reads('ada/third', rotated), await commit('ada/third', token)]).toEqual([200, 200])

  expect((await remove('third')).status).toBe(200)
  expect((await create('third')).status).toBe(200)
  expect([await reads('ada/third', token), await commit('ada/third', token)]).toEqual([404, 404])
  expect([await reads('ada/third', rotated), (await create('third', token)).status]).toEqual([404, 403])
  expect(await reads('ada/private', both)).toBe(200)
})

test('behavior: whoami tells the rights as the Hub does', async () => {
  const token = await tokenWith({
    ...{ global: ['discussion.write'], canReadGatedRepos: true },
    scoped: [
      { entity: 'lab', permissions: ['repo.write'] },
      { entity: 'ada', permissions: ['collection.read'] },
      { entity: 'lab/x', permissions: ['repo.content.read'] },
    ],
  })
  const { body } = await call('GET', '/api/whoami-v2', undefined, token)
  expect(body).toMatchObject({
    ...{ type: 'user', name: 'ada', billingMode: 'prepaid', periodEnd: null, emailVerified: true },
    orgs: [{ type: 'org', name: 'lab', roleInOrg: 'admin' }],
    auth: {
      type: 'access_token',
      accessToken: {
        displayName: 'limited',
        role: 'fineGrained',
        fineGrained: {
          ...{ canReadGatedRepos: true, global: ['discussion.write'] },
          scoped: [
            { entity: { type: 'org', name: 'lab' }, permissions: ['repo.write'] },
            { entity: { type: 'user', name: 'ada' }, permissions: ['collection.read'] },
            { entity: { type: 'model', name: 'lab/x' }, permissions: ['repo.content.read'] },
          ],
        },
      },
    },
  })
  const listed = (await call('GET', '/api/dehug/tokens')).body as { name: string; lastUsedAt: string | null }[]
  expect(listed.at(-1)?.lastUsedAt).not.toBeNull()
})

test('error: limited tokens make, end, renew and approve nothing', async () => {
  const token = await tokenWith({ global: [...Rights.permissions], canReadGatedRepos: true })
  const { body: other } = await call('POST', '/api/dehug/tokens', { name: 'other' })
  for (const [method, path, body, status] of [
    ['POST', '/api/dehug/tokens', { name: 'more' }, 403],
    ['POST', '/api/dehug/oauth-apps', { name: 'a', redirectUris: ['https://a.example/'], scopes: ['openid'] }, 403],
    ['POST', '/api/dehug/device', { userCode: 'BCDF-GHJK', approve: true }, 403],
    ['GET', '/api/dehug/oauth-grants', undefined, 403],
    ['DELETE', `/api/dehug/tokens/${other.id}`, undefined, 404],
    ['POST', `/api/dehug/tokens/${other.id}/rotate`, {}, 404],
  ] as const) {
    expect([path, (await call(method, path, body, token)).status]).toEqual([path, status])
  }
  const rotated = await call('POST', '/api/dehug/tokens/self/rotate', {}, token)
  expect(rotated.status).toBe(200)
  expect((await call('GET', '/api/whoami-v2', undefined, token)).status).toBe(401)
  for (const fineGrained of [{ global: ['root'] }, { scoped: [{ entity: '..', permissions: [] }] }, { extra: 1 }]) {
    expect((await call('POST', '/api/dehug/tokens', { name: 'bad', fineGrained })).status).toBe(400)
  }
})

test('behavior: scopes of programs are rights of tokens', () => {
  const rights = (text: string) => OauthScope.rightsOf(OauthScope.parse(text))
  expect(rights('openid profile unknown')).toEqual({ global: [], canReadGatedRepos: false, scoped: [] })
  expect(rights('write-repos gated-repos read-repos')).toEqual({
    ...{ global: ['repo.content.read', 'repo.content.write'], canReadGatedRepos: true, scoped: [] },
  })
  expect(rights('manage-repos').global).toContain('repo.write')
})
