import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { file, header, lfs, problem, sha256, startHubClient } from './hub-client.ts'
import { tokens } from './start-test-hub.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
beforeAll(async () => {
  hub = await startHubClient()
})
afterAll(() => hub?.stop())

const send = (...args: Parameters<typeof hub.send>) => hub.send(...args)
const json = (...args: Parameters<typeof hub.json>) => hub.json(...args)
const commit = (...args: Parameters<typeof hub.commit>) => hub.commit(...args)
const upload = (...args: Parameters<typeof hub.upload>) => hub.upload(...args)

test('behavior: a private repository and a missing one are the same to a stranger', async () => {
  const paths = ['', '/revision/main', '/tree/main', '/refs', '/commits/main']
  for (const path of paths) {
    for (const [token, status] of [
      [undefined, 401],
      [tokens.eve, 404],
    ] as const) {
      const [secret, missing] = await Promise.all(
        ['secret', 'absent'].map(async (name) =>
          problem(await send('GET', `/api/models/lab/${name}${path}`, { token })),
        ),
      )
      expect(secret).toEqual({ ...missing, error: missing?.error.replace('absent', 'secret') })
      expect(secret).toMatchObject({ status, header: 'RepoNotFound' })
    }
  }
  expect((await send('GET', '/api/models/lab/secret', { token: tokens.bob })).status).toBe(200)
  const listed = async (token?: string) =>
    (await (await send('GET', '/api/models?author=lab', { token })).json()).length
  expect([await listed(), await listed(tokens.eve), await listed(tokens.bob)]).toEqual([0, 0, 1])
})

test('behavior: HEAD says why in headers alone', async () => {
  const head = async (path: string, token?: string) => {
    const { status, headers } = await send('HEAD', path, { token })
    return [status, headers.get('x-error-code'), headers.get('x-repo-commit')?.length ?? null]
  }
  expect(await head('/lab/secret/resolve/main/README.md')).toEqual([401, 'RepoNotFound', null])
  expect(await head('/lab/secret/resolve/main/README.md', tokens.eve)).toEqual([404, 'RepoNotFound', null])
  expect(await head('/ada/open/resolve/nope/README.md')).toEqual([404, 'RevisionNotFound', null])
  expect(await head('/ada/open/resolve/main/nope')).toEqual([404, 'EntryNotFound', 40])
  expect(await head('/gpt2/resolve/main/config.json')).toEqual([404, 'RepoNotFound', null])
})

test('behavior: writing needs a write token of somebody with the right', async () => {
  const lines = [header(), file('x.txt', 'x')]
  expect((await commit(lines, 'ada/open')).status).toBe(200)
  expect(await problem(await commit(lines, 'ada/open', ''))).toMatchObject({ status: 401, code: 'token_needed' })
  const statuses = async (repo: string) =>
    Promise.all(
      [tokens.adaRead, tokens.bob, tokens.eve].map(async (token) => (await commit(lines, repo, token)).status),
    )
  expect(await statuses('ada/open')).toEqual([403, 403, 403])
  expect(await statuses('lab/secret')).toEqual([403, 403, 404])
  expect((await json('POST', '/api/repos/create', { name: 'x', organization: 'lab' }, tokens.bob)).status).toBe(403)
  expect((await json('DELETE', '/api/repos/delete', { name: 'open', organization: 'ada' }, tokens.eve)).status).toBe(
    403,
  )
})

test('behavior: ranges of regular and large files', async () => {
  const large = randomBytes(300_000)
  await commit([
    header(),
    file('r.txt', 'hello world'),
    file('empty.txt', ''),
    lfs('w.bin', await upload(large, 'ada/open', tokens.ada)),
  ])
  const get = async (path: string, range?: string) => {
    const answer = await send('GET', `/ada/open/resolve/main/${path}`, { headers: range ? { range } : {} })
    const body = Buffer.from(await answer.arrayBuffer())
    return { status: answer.status, body, range: answer.headers.get('content-range'), headers: answer.headers }
  }
  const whole = await get('w.bin')
  expect(whole.body.equals(large)).toBe(true)
  expect(whole.headers.get('etag')).toBe(`"${sha256(large)}"`)
  expect(whole.headers.get('x-linked-etag')).toBe(`"${sha256(large)}"`)
  expect(whole.headers.get('x-linked-size')).toBe('300000')
  const regular = await get('r.txt')
  expect(regular.headers.get('etag')).toBe('"95d09f2b10159347eece71399a7e2e907ea3df4f"')
  expect(regular.headers.get('x-linked-etag')).toBeNull()
  expect(await get('r.txt', 'bytes=0-4')).toMatchObject({
    status: 206,
    range: 'bytes 0-4/11',
    body: Buffer.from('hello'),
  })
  expect(await get('r.txt', 'bytes=-5')).toMatchObject({
    status: 206,
    range: 'bytes 6-10/11',
    body: Buffer.from('world'),
  })
  expect(await get('r.txt', 'bytes=11-')).toMatchObject({ status: 416, range: 'bytes */11' })
  expect(await get('empty.txt', 'bytes=0-0')).toMatchObject({ status: 200, range: 'bytes */0' })
  const some = fc.oneof(fc.nat(320_000).map(String), fc.constant(''))
  await fc.assert(
    fc.asyncProperty(some, some, async (first, last) => {
      const { status, body } = await get('w.bin', `bytes=${first}-${last}`)
      if (status !== 206) {
        expect([200, 416]).toContain(status)
        return
      }
      const start = first === '' ? Math.max(0, large.length - Number(last)) : Number(first)
      const end = first === '' || last === '' ? large.length : Number(last) + 1
      expect(body.equals(large.subarray(start, end))).toBe(true)
    }),
    { numRuns: 30 },
  )
  const raw = await send('GET', '/ada/open/raw/main/w.bin')
  expect(await raw.text()).toBe(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(large)}\nsize 300000\n`,
  )
  const cached = await send('GET', '/ada/open/resolve/main/r.txt', {
    headers: { 'if-none-match': regular.headers.get('etag') as string },
  })
  expect(cached.status).toBe(304)
})

test('behavior: preupload decides how files are sent and what is there', async () => {
  await commit([header(), file('known.txt', 'known'), file('.gitignore', '*.tmp\nbuild/\n!keep.tmp\n')])
  const sample = (text: string) => Buffer.from(text).toString('base64')
  const answer = await json('POST', '/api/models/ada/open/preupload/main', {
    files: [
      { path: 'known.txt', sample: sample('known'), size: 5 },
      { path: 'w.safetensors', sample: sample('x'), size: 5 },
      { path: 'deep/er/w.BIN', sample: sample('a\0b'), size: 5 },
      { path: 'large.txt', sample: sample('x'), size: 11 * 2 ** 20 },
      { path: 'empty.bin', sample: '', size: 0 },
      { path: 'x.tmp', size: 1 },
      { path: 'keep.tmp', size: 1 },
      { path: 'a/build/x', size: 1 },
      { path: 'saved_model/1/x', size: 1 },
    ],
  })
  const { files } = await answer.json()
  expect(files.map((one: Record<string, unknown>) => [one.path, one.uploadMode, one.shouldIgnore])).toEqual([
    ['known.txt', 'regular', false],
    ['w.safetensors', 'lfs', false],
    ['deep/er/w.BIN', 'lfs', false],
    ['large.txt', 'lfs', false],
    ['empty.bin', 'regular', false],
    ['x.tmp', 'regular', true],
    ['keep.tmp', 'regular', false],
    ['a/build/x', 'regular', true],
    ['saved_model/1/x', 'lfs', false],
  ])
  expect(files[0].oid).toBe(createHash('sha1').update('blob 5\0known').digest('hex'))
})

test('behavior: tree pages, folders, expand, and paths-info as form and JSON', async () => {
  await json('POST', '/api/repos/create', { name: 'pages', type: 'dataset' })
  const put = Array.from({ length: 12 }, (_, i) => file(`dir/f${String(i).padStart(2, '0')}`, String(i)))
  await send('POST', '/api/datasets/ada/pages/commit/main', {
    token: tokens.ada,
    headers: { 'content-type': 'application/x-ndjson' },
    body: [header(), ...put].map((line) => JSON.stringify(line)).join('\n'),
  })
  const seen: string[] = []
  let next: string | undefined = '/api/datasets/ada/pages/tree/refs%2Fheads%2Fmain/dir?limit=5&expand=true'
  while (next) {
    const answer: Response = await send('GET', next)
    const items = (await answer.json()) as { path: string; lastCommit: { title: string } }[]
    expect(items.every(({ lastCommit }) => lastCommit.title === 'a change')).toBe(true)
    seen.push(...items.map(({ path }) => path))
    next = /<http:\/\/[^/]+(.*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
  }
  expect(seen).toEqual(put.map(({ value }) => (value as { path: string }).path))
  const form = await send('POST', '/api/datasets/ada/pages/paths-info/main', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'paths=dir%2Ff01&paths=dir&paths=nope&expand=false',
  })
  const byJson = await json('POST', '/api/datasets/ada/pages/paths-info/main', { paths: ['dir/f01', 'dir', 'nope'] })
  const items = await form.json()
  expect(items.map(({ path, type }: Record<string, string>) => [path, type])).toEqual([
    ['dir/f01', 'file'],
    ['dir', 'directory'],
  ])
  expect(await byJson.json()).toEqual(items)
  expect(await problem(await send('GET', '/api/datasets/ada/pages/tree/main/nope'))).toMatchObject({
    header: 'EntryNotFound',
  })
})

test('behavior: creating twice is 409 with the URL; visibility can be changed; deleting hides at once', async () => {
  const wish = { name: 'twice', license: 'mit' }
  expect(await (await json('POST', '/api/repos/create', wish)).json()).toMatchObject({ url: `${hub.url}/ada/twice` })
  const again = await json('POST', '/api/repos/create', { name: 'TWICE' })
  expect(again.status).toBe(409)
  expect(await again.json()).toMatchObject({ url: `${hub.url}/ada/TWICE` })
  const info = await (await send('GET', '/api/models/ADA/Twice?expand=cardData&expand=tags')).json()
  expect(info).toMatchObject({ id: 'ada/twice', cardData: { license: 'mit' }, tags: ['license:mit', 'region:us'] })
  expect(Object.keys(info).sort()).toEqual(['_id', 'cardData', 'id', 'modelId', 'tags'])
  await json('PUT', '/api/models/ada/twice/settings', { visibility: 'private' })
  expect((await send('GET', '/api/models/ada/twice')).status).toBe(401)
  expect((await json('DELETE', '/api/repos/delete', { name: 'twice' })).status).toBe(200)
  expect((await send('GET', '/api/models/ada/twice', { token: tokens.ada })).status).toBe(404)
})

test('behavior: parallel creates of one name make one repository', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => json('POST', '/api/repos/create', { name: 'race' })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)])
})

test('behavior: YAML metadata is checked', async () => {
  const check = async (content: string) =>
    (await json('POST', '/api/validate-yaml', { content, repoType: 'model' })).json()
  expect(await check('---\nlicense: apache-2.0\n---\n')).toEqual({ errors: [], warnings: [] })
  expect((await check('---\nlicense: [\n---\n')).errors[0].message).toContain('not YAML')
  expect((await check('---\nlicense: nonsense\n---\n')).warnings[0].message).toBe('"nonsense" is not a known license.')
})

test('behavior: browsers of other origins may ask', async () => {
  const preflight = await send('OPTIONS', '/ada/open/resolve/main/README.md')
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  const answer = await send('GET', '/ada/open/resolve/main/.gitattributes')
  expect(answer.headers.get('access-control-expose-headers')).toContain('X-Repo-Commit')
})
