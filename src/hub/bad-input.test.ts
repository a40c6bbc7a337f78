import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { file, header, lfs, problem, sha256, startHubClient } from './hub-client.ts'
import { tokens } from './start-test-hub.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
beforeAll(async () => {
  hub = await startHubClient({ stallMs: 400, inlineBytes: 100_000, commitBytes: 1_000_000 })
})
afterAll(() => hub?.stop())

const send = (...args: Parameters<typeof hub.send>) => hub.send(...args)
const json = (...args: Parameters<typeof hub.json>) => hub.json(...args)
const commit = (...args: Parameters<typeof hub.commit>) => hub.commit(...args)
const upload = (...args: Parameters<typeof hub.upload>) => hub.upload(...args)
const batch = (...args: Parameters<typeof hub.batch>) => hub.batch(...args)
const filesOf = (...args: Parameters<typeof hub.filesOf>) => hub.filesOf(...args)

test('error: a bad token is a bad token, not a missing repository', async () => {
  for (const path of ['/api/whoami-v2', '/api/models/ada/open', '/ada/open/resolve/main/README.md']) {
    const answer = await send('GET', path, { token: 'hf_wrong' })
    expect(await problem(answer)).toMatchObject({ status: 401, error: 'Invalid credentials in Authorization header' })
  }
  expect((await send('GET', '/api/whoami-v2')).status).toBe(401)
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
    { numRuns: 80 },
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
    { numRuns: 80 },
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

test('error: hostile metadata is committed as bytes and never breaks the listing', async () => {
  const deep = `{"model_type":"x","a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  const lines = [
    header(),
    file('README.md', '---\nlicense: "\\ud800\\0"\n"\\0": 1\ntags: ["\\ud800"]\n---\n'),
    file('config.json', deep),
  ]
  expect((await commit(lines)).status).toBe(200)
  const answer = await commit([
    header(),
    file('config.json', '{"model_type":"\\ud800\\u0000x","architectures":[1,"A"]}'),
  ])
  expect(answer.status).toBe(200)
  const info = await (await send('GET', '/api/models/ada/open')).json()
  expect(info.config).toEqual({ model_type: '\ufffdx', architectures: ['A'] })
})
