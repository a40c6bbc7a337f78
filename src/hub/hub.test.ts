import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({ limits: { stallMs: 400, inlineBytes: 100_000, commitBytes: 1_000_000 } })
  await json('POST', '/api/repos/create', { name: 'open' })
  await json('POST', '/api/repos/create', { name: 'secret', organization: 'lab', visibility: 'private' })
})
afterAll(() => hub?.stop())

type Options = { token?: string | undefined; headers?: Record<string, string>; body?: BodyInit }
const send = (method: string, path: string, { token, headers, body }: Options = {}) =>
  fetch(hub.url + path, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    ...(body === undefined ? {} : { body }),
  })
const json = (method: string, path: string, value: unknown, token: string | undefined = tokens.ada) =>
  send(method, path, { token, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })

type Line = { key: string; value: unknown }
const header = (parentCommit?: string): Line => ({ key: 'header', value: { summary: 'a change', parentCommit } })
const file = (path: string, content: string): Line => ({
  key: 'file',
  value: { path, content: Buffer.from(content).toString('base64'), encoding: 'base64' },
})
const commit = (lines: Line[], repo = 'ada/open', token: string | undefined = tokens.ada) =>
  send('POST', `/api/models/${repo}/commit/main`, {
    token,
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
const problem = async (answer: Response) => {
  const body = (await answer.json()) as { error: string; code: string; hint?: string }
  expect(answer.headers.get('x-error-message')).toBe(body.error.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').slice(0, 1000))
  return { status: answer.status, code: body.code, header: answer.headers.get('x-error-code'), error: body.error }
}
const filesOf = async (repo = 'ada/open', token: string | undefined = tokens.ada) => {
  const body = await (await send('GET', `/api/models/${repo}`, { token })).json()
  return body.siblings.map(({ rfilename }: { rfilename: string }) => rfilename) as string[]
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const batch = async (bytes: Uint8Array, repo: string, token: string) => {
  const object = { oid: sha256(bytes), size: bytes.length }
  const answer = await send('POST', `/${repo}.git/info/lfs/objects/batch`, {
    token,
    headers: { 'content-type': 'application/vnd.git-lfs+json' },
    body: JSON.stringify({
      operation: 'upload',
      transfers: ['basic', 'multipart'],
      objects: [object],
      hash_algo: 'sha256',
    }),
  })
  const body = await answer.json()
  return { object, actions: body.objects?.[0].actions, status: answer.status }
}
const upload = async (bytes: Uint8Array, repo: string, token: string) => {
  const { object, actions } = await batch(bytes, repo, token)
  const put = await fetch(actions.upload.href, { method: 'PUT', body: Buffer.from(bytes) })
  expect(put.status).toBe(200)
  const verify = await fetch(actions.verify.href, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(object),
  })
  expect(verify.status).toBe(200)
  return object
}
const lfs = (path: string, { oid, size }: { oid: string; size: number }): Line => ({
  key: 'lfsFile',
  value: { path, algo: 'sha256', oid, size },
})

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

test('error: a bad token is a bad token, not a missing repository', async () => {
  for (const path of ['/api/whoami-v2', '/api/models/ada/open', '/ada/open/resolve/main/README.md']) {
    const answer = await send('GET', path, { token: 'hf_wrong' })
    expect(await problem(answer)).toMatchObject({ status: 401, error: 'Invalid credentials in Authorization header' })
  }
  expect((await send('GET', '/api/whoami-v2')).status).toBe(401)
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

test('error: naming the hash of bytes one never sent gives no access to them', async () => {
  const bytes = Buffer.from('the weights nobody else may have')
  const object = await upload(bytes, 'lab/secret', tokens.ada)
  await commit([header(), lfs('w.bin', object)], 'lab/secret')
  await json('POST', '/api/repos/create', { name: 'grab' }, tokens.eve)
  const byHash = await problem(await commit([header(), lfs('w.bin', object)], 'Eve/grab', tokens.eve))
  expect(byHash).toMatchObject({ status: 422, code: 'bytes_not_uploaded' })
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${object.oid}\nsize ${object.size}\n`
  const byPointer = await problem(await commit([header(), file('w.bin', pointer)], 'Eve/grab', tokens.eve))
  expect(byPointer).toMatchObject({ status: 422, code: 'bytes_not_uploaded' })
  expect((await batch(bytes, 'Eve/grab', tokens.eve)).actions).toBeDefined()
  expect(await filesOf('Eve/grab', tokens.eve)).toEqual(['.gitattributes'])
  expect((await batch(bytes, 'ada/open', tokens.ada)).actions).toBeUndefined()
})

test.each([
  '../x',
  '/etc/passwd',
  'a/../../x',
  'a\\..\\x',
  'a\0b',
  'CON',
  'dir/nul.txt',
  'a/',
  '',
  '.git/config',
  'x.',
  `${'a/'.repeat(600)}x`,
  'e\u0301',
])('error: the path %j is refused', async (path) => {
  const before = await filesOf()
  const object = { oid: sha256(Buffer.from('x')), size: 1 }
  expect(await problem(await commit([header(), file(path, 'x')]))).toMatchObject({ status: 422, code: 'bad_path' })
  expect(await problem(await commit([header(), lfs(path, object)]))).toMatchObject({ status: 422, code: 'bad_path' })
  const asked = await json('POST', '/api/models/ada/open/preupload/main', { files: [{ path, size: 1 }] })
  expect(await problem(asked)).toMatchObject({ status: 422, code: 'bad_path' })
  expect(await filesOf()).toEqual(before)
})

test('error: paths that collide are refused and nothing of the commit stays', async () => {
  const before = await filesOf()
  for (const paths of [
    ['A.txt', 'a.TXT'],
    ['same', 'same'],
    ['f', 'f/g'],
    ['README.md/x', 'readme.md'],
  ]) {
    const answer = await commit([header(), ...paths.map((path) => file(path, path))])
    expect(answer.status).toBe(422)
  }
  expect(await filesOf()).toEqual(before)
})

test('error: the commit body is checked line by line', async () => {
  const post = (body: string) =>
    send('POST', '/api/models/ada/open/commit/main', {
      token: tokens.ada,
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    })
  const before = await filesOf()
  const good = JSON.stringify(file('partial.txt', 'x'))
  const head = JSON.stringify(header())
  for (const [body, status, code] of [
    ['', 400, 'bad_ndjson'],
    ['{', 400, 'bad_ndjson'],
    [good, 400, 'bad_ndjson'],
    [`${head}\n${good}\n{"key":`, 400, 'bad_ndjson'],
    [`${head}\n${head}`, 400, 'bad_ndjson'],
    [`${head}\n${good}\n{"key":"unknown","value":{}}`, 400, 'bad_line_3'],
    [`${head}\n${good}\n{"key":"file","value":{"path":"y","content":"***","encoding":"base64"}}`, 400, 'bad_base64'],
    [`${head}\n${good}\n{"key":"lfsFile","value":{"path":"y","oid":"xyz"}}`, 400, 'bad_line_3'],
    [`${head}\n${good}\n{"key":"deletedFile","value":{"path":"nope"}}`, 404, 'entry_not_found'],
    [`${head}\n${JSON.stringify(file('big', 'x'.repeat(100_001)))}`, 413, 'body_too_large'],
    [`${head}\n${' '.repeat(300_000)}`, 413, 'body_too_large'],
  ] as const) {
    expect(await problem(await post(body))).toMatchObject({ status, code })
  }
  expect(await filesOf()).toEqual(before)
})

test('error: a body over the limit is refused before it is read', async () => {
  const answer = await json('POST', '/api/validate-yaml', { content: 'x'.repeat(9 * 2 ** 20) })
  expect(await problem(answer)).toMatchObject({ status: 413, code: 'body_too_large' })
  const stranger = await send('POST', '/api/dehug/anchor', {
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  expect(await problem(stranger)).toMatchObject({ status: 401 })
})

test('error: a commit on an old parent is refused with 412', async () => {
  const { sha } = await (await send('GET', '/api/models/ada/open')).json()
  expect((await commit([header(sha), file('first', '1')])).status).toBe(200)
  const late = await problem(await commit([header(sha), file('second', '2')]))
  expect(late).toMatchObject({
    status: 412,
    error: 'The branch was updated since you opened this page. Please refresh and try again.',
  })
})

test('error: fuzzed NDJSON, JSON and batch bodies never end in a 5xx', async () => {
  const value = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('null', '[]', '{"key":"header","value":{}}\n{}'),
  )
  const routes = [
    ['/api/models/ada/open/commit/main', 'application/x-ndjson'],
    ['/api/models/ada/open/preupload/main', 'application/json'],
    ['/api/models/ada/open/paths-info/main', 'application/json'],
    ['/api/repos/create', 'application/json'],
    ['/ada/open.git/info/lfs/objects/batch', 'application/vnd.git-lfs+json'],
    ['/api/dehug/tokens', 'application/json'],
    ['/api/dehug/anchor', 'application/json'],
    ['/api/validate-yaml', 'application/json'],
  ] as const
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), value, async ([path, type], body) => {
      const answer = await send('POST', path, { token: tokens.eve, headers: { 'content-type': type }, body })
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 150 },
  )
})

test('error: fuzzed URLs never end in a 5xx', async () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }).map(encodeURIComponentSafe),
    fc.constantFrom('..%2f', '%00', 'main', 'x%2Fy', '%'),
  )
  const prefix = fc.constantFrom(
    '/ada/open/resolve/',
    '/api/models/ada/open/tree/',
    '/api/models/',
    '/api/models/ada/open/revision/',
    '/api/dehug/manifest/model/ada/open/',
  )
  await fc.assert(
    fc.asyncProperty(prefix, part, part, async (start, a, b) => {
      const answer = await send('GET', `${start}${a}/${b}?cursor=${b}&limit=${a}&sort=downloads`, { token: tokens.ada })
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 150 },
  )
})
const encodeURIComponentSafe = (text: string) => (text.isWellFormed() ? encodeURIComponent(text) : '%ff')

test('error: uploads of other bytes, sizes and links are refused and leave nothing', async () => {
  const bytes = randomBytes(5000)
  const { actions } = await batch(bytes, 'ada/open', tokens.ada)
  const put = (href: string, body: Uint8Array) => fetch(href, { method: 'PUT', body: Buffer.from(body) })
  const wrong = Buffer.from(bytes)
  wrong[7] = (wrong[7] as number) ^ 1
  expect(await problem(await put(actions.upload.href, wrong))).toMatchObject({ status: 400, code: 'content_mismatch' })
  expect(await problem(await put(actions.upload.href, bytes.subarray(1)))).toMatchObject({ code: 'content_mismatch' })
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.enqueue(bytes)
      controller.close()
    },
  })
  const long = await fetch(actions.upload.href, { method: 'PUT', body: chunked, duplex: 'half' } as RequestInit)
  expect(await problem(long)).toMatchObject({ status: 413, code: 'body_too_large' })
  const changed = actions.upload.href.replace(/.$/, (last: string) => (last === 'A' ? 'B' : 'A'))
  expect((await put(changed.slice(0, -8) + changed.slice(-4), bytes)).status).toBe(403)
  const denied = await problem(await commit([header(), lfs('w', { oid: sha256(bytes), size: bytes.length })]))
  expect(denied).toMatchObject({ status: 422, code: 'bytes_not_uploaded' })
  expect(await hub.context.store.findBySha256(sha256(bytes))).toBeUndefined()
  expect(await readdir(join(hub.dir, 'store', 'tmp')).catch(() => [])).toEqual([])
})

test('error: a sender who stalls is cut off', async () => {
  const { actions } = await batch(randomBytes(1000), 'ada/open', tokens.ada)
  const url = new URL(actions.upload.href)
  const answer = await new Promise<string>((done, fail) => {
    const socket = connect(Number(url.port), '127.0.0.1', () => {
      socket.write(`PUT ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: 1000\r\n\r\nonly this`)
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      if (text.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => done(text))
    socket.on('error', fail)
  })
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  expect(answer).toMatch(/x-error-code: BodyTooSlow/i)
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
  expect(info).toMatchObject({ id: 'ada/twice', cardData: { license: 'mit' }, tags: ['license:mit'] })
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
