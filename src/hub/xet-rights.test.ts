import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Shard, XetHash } from '../core/index.ts'
import { fileOf, recordOf, shardOf, type TestXorb, xorbOf } from '../store/xet/testing/xorbs.ts'
import type { XetWire } from '../wire/index.ts'
import { header, lfs, problem, startHubClient } from './hub-client.ts'
import { tokens } from './start-test-hub.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
beforeAll(async () => {
  hub = await startHubClient()
})
afterAll(() => hub?.stop())

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const xetToken = async (kind: 'read' | 'write', repo: string, token?: string): Promise<XetWire.Token> => {
  const answer = await hub.send('GET', `/api/models/${repo}/xet-${kind}-token/main`, { token })
  expect(answer.status).toBe(200)
  return (await answer.json()) as XetWire.Token
}
const cas = async (method: string, path: string, { accessToken, casUrl }: XetWire.Token, init: RequestInit = {}) =>
  fetch(casUrl + path, { ...init, method, headers: { authorization: `Bearer ${accessToken}`, ...init.headers } })
const sendXorb = (token: XetWire.Token, xorb: TestXorb, bytes: Buffer = xorb.bytes) =>
  cas('POST', `/v1/xorbs/default/${xorb.hash}`, token, { body: bytes as never })
const sendShard = (token: XetWire.Token, files: Shard.File[], version = 1) =>
  cas('POST', `/v${version}/shards`, token, { body: shardOf(files) as never })

/** Makes a file of two chunks in a repository, through Xet. */
const push = async (repo: string, token: string, chunks = [randomBytes(9000), randomBytes(8000)]) => {
  const write = await xetToken('write', repo, token)
  const xorb = xorbOf(chunks)
  const bytes = Buffer.concat(chunks)
  const file = fileOf([{ xorb, start: 0, end: chunks.length }], sha256(bytes))
  expect(await (await sendXorb(write, xorb)).json()).toEqual({ was_inserted: true })
  expect(await (await sendShard(write, [file])).json()).toEqual({ result: 1 })
  const made = await hub.commit(
    [header(), lfs(`${xorb.hash}.bin`, { oid: sha256(bytes), size: bytes.length })],
    repo,
    token,
  )
  expect(made.status).toBe(200)
  return { xorb, file, bytes, chunks, path: `${xorb.hash}.bin` }
}

test('behavior: the way of a file, by hand', async () => {
  const { file, bytes, xorb, path, chunks } = await push('ada/open', tokens.ada)
  const resolved = await hub.send('HEAD', `/ada/open/resolve/main/${path}`)
  expect(resolved.headers.get('x-xet-hash')).toBe(file.hash)
  expect(resolved.headers.get('link')).toContain('rel="xet-auth"')
  const [entry] = await (await hub.json('POST', '/api/models/ada/open/paths-info/main', { paths: [path] })).json()
  expect(entry).toMatchObject({ xetHash: file.hash, size: 17_000, lfs: { oid: sha256(bytes) } })

  const read = await xetToken('read', 'ada/open')
  const whole = (await (await cas('GET', `/v2/reconstructions/${file.hash}`, read)).json()) as XetWire.ReconstructionV2
  expect(whole).toMatchObject({
    offset_into_first_range: 0,
    terms: [{ hash: xorb.hash, unpacked_length: 17_000, range: { start: 0, end: 2 } }],
    xorbs: { [xorb.hash]: [{ ranges: [{ chunks: { start: 0, end: 2 }, bytes: { start: 0, end: 17_015 } }] }] },
  })
  const part = await cas('GET', `/v1/reconstructions/${file.hash}`, read, { headers: { range: 'bytes=9100-9200' } })
  const { fetch_info, ...rest } = (await part.json()) as XetWire.ReconstructionV1
  expect(rest).toEqual({
    offset_into_first_range: 100,
    terms: [{ hash: xorb.hash, unpacked_length: 8000, range: { start: 1, end: 2 } }],
  })
  const [link] = fetch_info[xorb.hash]!
  expect(link).toMatchObject({ range: { start: 1, end: 2 }, url_range: { start: 9008, end: 17_015 } })
  const got = await fetch(link!.url, { headers: { range: 'bytes=9008-17015' } })
  expect([got.status, got.headers.get('content-range')]).toEqual([206, 'bytes 9008-17015/17016'])
  expect(
    Buffer.from(await got.arrayBuffer())
      .subarray(8)
      .equals(chunks[1]!),
  ).toBe(true)
  const past = await cas('GET', `/v2/reconstructions/${file.hash}`, read, { headers: { range: 'bytes=17000-18000' } })
  expect(past.status).toBe(416)
})

test('behavior: several ranges come in several parts', async () => {
  const { file, xorb, bytes } = await push('ada/open', tokens.ada)
  const read = await xetToken('read', 'ada/open')
  const { xorbs } = (await (
    await cas('GET', `/v2/reconstructions/${file.hash}`, read)
  ).json()) as XetWire.ReconstructionV2
  const got = await fetch(xorbs[xorb.hash]![0]!.url, { headers: { range: 'bytes=8-17,9016-9025' } })
  const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(got.headers.get('content-type') ?? '')?.[1]
  const body = Buffer.from(await got.arrayBuffer())
  expect(body.length).toBe(Number(got.headers.get('content-length')))
  const parts = body.toString('latin1').split(`--${boundary}`).slice(1, -1)
  expect(parts.map((part) => /Content-Range: (.*)\r/.exec(part)?.[1])).toEqual([
    'bytes 8-17/17016',
    'bytes 9016-9025/17016',
  ])
  expect(body.includes(bytes.subarray(0, 10))).toBe(true)
  expect(body.includes(bytes.subarray(9000, 9010))).toBe(true)
})

test('behavior: a shard of version 2 is answered line by line', async () => {
  const write = await xetToken('write', 'ada/open', tokens.ada)
  const xorb = xorbOf([randomBytes(3000)])
  await sendXorb(write, xorb)
  const lines = async (files: Shard.File[]) => {
    const answer = await sendShard(write, files, 2)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
    return (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  const file = fileOf([{ xorb, start: 0, end: 1 }])
  expect(await lines([file])).toEqual([{ type: 'result' }])
  expect(await lines([{ ...file, hash: xorb.hash.replace(/^./, '0') }])).toMatchObject([
    { type: 'error', retryable: false },
  ])
})

test('error: a foreign xorb never becomes readable by naming it', async () => {
  const secret = await push('lab/secret', tokens.ada, [randomBytes(5000), randomBytes(6000), randomBytes(7000)])
  await hub.json('POST', '/api/repos/create', { name: 'grab' }, tokens.eve)
  const write = await xetToken('write', 'Eve/grab', tokens.eve)
  const grabs = [
    secret.file,
    { ...secret.file, sha256: undefined, proofs: [] },
    fileOf([{ xorb: secret.xorb, start: 1, end: 2 }]),
  ]
  const unknown = fileOf([{ xorb: xorbOf([randomBytes(10)]), start: 0, end: 1 }])
  for (const file of [...grabs, unknown]) {
    for (const version of [1, 2]) {
      const answer = await problem(await sendShard(write, [file], version))
      expect(answer).toMatchObject({ status: 400, code: 'xorb_not_uploaded' })
    }
  }
  // Somebody's own xorb cannot stand for a file they do not have.
  const own = xorbOf([randomBytes(5000)])
  await sendXorb(write, own)
  const lie = { ...fileOf([{ xorb: own, start: 0, end: 1 }]), hash: secret.file.hash, sha256: secret.file.sha256 }
  expect(await problem(await sendShard(write, [lie]))).toMatchObject({ status: 400, code: 'bad_composition' })

  for (const token of [write, await xetToken('read', 'Eve/grab', tokens.eve), await xetToken('read', 'ada/open')]) {
    const missing = await problem(await cas('GET', `/v2/reconstructions/${secret.file.hash}`, token))
    expect(missing).toMatchObject({ status: 404, code: 'no_such_xet_file' })
    const hash = XetHash.format(secret.xorb.leaves[0]!.hash)
    expect((await cas('GET', `/v1/chunks/default/${hash}`, token)).status).toBe(404)
  }
  for (const kind of ['read', 'write']) {
    for (const [token, status] of [
      [undefined, 401],
      [tokens.eve, 404],
    ] as const) {
      const answer = await hub.send('GET', `/api/models/lab/secret/xet-${kind}-token/main`, { token })
      expect(await problem(answer)).toMatchObject({ status, header: 'RepoNotFound' })
    }
  }
  const reader = await hub.send('GET', '/api/models/lab/secret/xet-write-token/main', { token: tokens.bob })
  expect(reader.status).toBe(403)
  // Who sends the very bytes may use them.
  expect(await (await sendXorb(write, secret.xorb)).json()).toEqual({ was_inserted: false })
  expect((await sendShard(write, [secret.file])).status).toBe(200)
})

test('behavior: chunks of what one can read are told and may be used; others of the same xorb are not', async () => {
  const chunks = [randomBytes(5000), randomBytes(6000), randomBytes(7000)]
  const xorb = xorbOf(chunks)
  const ada = await xetToken('write', 'ada/open', tokens.ada)
  await sendXorb(ada, xorb)
  const bytes = Buffer.concat(chunks.slice(0, 2))
  const open = fileOf([{ xorb, start: 0, end: 2 }], sha256(bytes))
  const closed = fileOf([{ xorb, start: 2, end: 3 }], sha256(chunks[2]!))
  await sendShard(ada, [open, closed])
  await hub.commit([header(), lfs('shared.bin', { oid: open.sha256!, size: bytes.length })])
  await hub.commit([header(), lfs('closed.bin', { oid: closed.sha256!, size: 7000 })], 'lab/secret')

  const eve = await xetToken('write', 'Eve/grab', tokens.eve)
  const ask = (chunk: number) =>
    cas('GET', `/v1/chunks/default-merkledb/${XetHash.format(xorb.leaves[chunk]!.hash)}`, eve)
  expect([(await ask(0)).status, (await ask(2)).status]).toEqual([200, 404])
  const told = Buffer.from(await (await ask(0)).arrayBuffer())
  const key = told.subarray(-200).subarray(72, 104)
  const [shown] = Shard.parseXorbs(told)
  const keyed = xorb.leaves.map(({ hash }) => Buffer.from(XetHash.keyed(hash, key)))
  expect(shown!.chunks.map(({ hash }, i) => keyed[i]!.equals(hash))).toEqual([true, true, false])
  expect(shown!.chunks.map(({ size }) => size)).toEqual([5000, 6000, 0])

  const mine = xorbOf([randomBytes(100)])
  await sendXorb(eve, mine)
  const mix = (start: number, end: number) => [
    fileOf([
      { xorb: mine, start: 0, end: 1 },
      { xorb, start, end },
    ]),
  ]
  expect((await sendShard(eve, mix(1, 2))).status).toBe(200)
  expect((await sendShard(eve, mix(1, 3))).status).toBe(400)
})

test('error: tokens and links that are changed, foreign or for something else', async () => {
  const { file, xorb } = await push('ada/open', tokens.ada)
  const read = await xetToken('read', 'ada/open', tokens.ada)
  expect(await problem(await sendXorb(read, xorb))).toMatchObject({ status: 403, code: 'xet_write_refused' })
  const [body, signature] = read.accessToken.split('.')
  const payload = JSON.parse(Buffer.from(body!, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...payload, kind: 'write' })).toString('base64url')
  for (const accessToken of ['', 'x', '.', `${forged}.${signature}`, `${body}.`, tokens.ada]) {
    const answer = await sendXorb({ ...read, accessToken }, xorb)
    expect(await problem(answer)).toMatchObject({ status: 401, code: 'bad_xet_token' })
  }
  const { xorbs } = (await (
    await cas('GET', `/v2/reconstructions/${file.hash}`, read)
  ).json()) as XetWire.ReconstructionV2
  const { url } = xorbs[xorb.hash]![0]!
  const attempts = [
    [url.replace(/ranges=[^&]*/, 'ranges=0-9'), {}],
    [url.replace(xorb.hash, '0'.repeat(64)), {}],
    [url.replace(/expires=\d+/, 'expires=9999999999999'), {}],
    [url.replace(/\?.*/, ''), {}],
    [url, { range: 'bytes=0-17016' }],
    [url, { range: 'bytes=5-4' }],
    [url, { range: `bytes=${Array(1001).fill('0-1').join(',')}` }],
  ] as const
  for (const [link, headers] of attempts) expect((await fetch(link, { headers })).status, link).toBe(403)
  for (const range of ['bytes=-5', 'bytes=999999999999999-', 'lines=1-2', 'bytes=1-2,x']) {
    expect([200, 206, 416]).toContain((await fetch(url, { headers: { range } })).status)
    const answer = await cas('GET', `/v2/reconstructions/${file.hash}`, read, { headers: { range } })
    expect([200, 416]).toContain(answer.status)
  }
})

test('error: time, revoked tokens and closed repositories end what was given', async () => {
  const { file, xorb } = await push('ada/open', tokens.ada)
  const read = await xetToken('read', 'ada/open')
  const { xorbs } = (await (
    await cas('GET', `/v2/reconstructions/${file.hash}`, read)
  ).json()) as XetWire.ReconstructionV2
  const { context } = hub
  const { clock } = context
  context.clock = () => new Date(clock().getTime() + 3_600_001)
  expect(await problem(await cas('GET', `/v2/reconstructions/${file.hash}`, read))).toMatchObject({ status: 401 })
  expect((await fetch(xorbs[xorb.hash]![0]!.url)).status).toBe(403)
  context.clock = clock

  const made = await hub.json('POST', '/api/repos/create', { name: 'closing' })
  expect(made.status).toBe(200)
  const open = await xetToken('read', 'ada/closing')
  expect((await cas('GET', `/v2/reconstructions/${file.hash}`, open)).status).toBe(404)
  await hub.json('PUT', '/api/models/ada/closing/settings', { private: true })
  expect(await problem(await cas('GET', `/v2/reconstructions/${file.hash}`, open))).toMatchObject({
    status: 404,
    header: 'RepoNotFound',
  })
})

test('error: bodies that are no xorb and no shard', async () => {
  const write = await xetToken('write', 'ada/open', tokens.ada)
  const xorb = xorbOf([randomBytes(10)])
  expect(await problem(await sendXorb(write, xorb, recordOf(Buffer.alloc(9), 0, 9)))).toMatchObject({
    status: 400,
    code: 'bad_xorb',
  })
  const json = { 'content-type': 'application/json' }
  for (const path of [`/v1/xorbs/default/${xorb.hash}`, '/v1/shards', '/v2/shards']) {
    expect((await cas('POST', path, write)).status).toBe(400)
    expect((await cas('POST', path, write, { headers: json, body: '{}' })).status).toBe(400)
  }
  expect((await cas('POST', '/v1/xorbs/default/nope', write, { body: 'x' })).status).toBe(400)
  expect((await cas('GET', '/v2/reconstructions/nope', write)).status).toBe(400)
  const large = new Uint8Array(Shard.maxBytes + 1)
  expect((await cas('POST', '/v1/shards', write, { body: large })).status).toBe(413)
  expect((await cas('POST', '/v1/telemetry', write, { body: '{}', headers: json })).status).toBe(200)
  const file = fileOf([{ xorb, start: 0, end: 1 }])
  const good = shardOf([file])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), async (changes) => {
      const bytes = Buffer.from(good)
      for (const [at, value] of changes) bytes[at] = value
      expect((await cas('POST', '/v2/shards', write, { body: bytes as never })).status).toBe(400)
    }),
    { numRuns: 40 },
  )
})

test('behavior: empty files', async () => {
  const write = await xetToken('write', 'ada/open', tokens.ada)
  const empty = { hash: '0'.repeat(64), terms: [], proofs: [], sha256: sha256(new Uint8Array()) }
  expect(await (await sendShard(write, [empty])).json()).toEqual({ result: 1 })
  const made = await hub.commit([header(), lfs('empty.bin', { oid: empty.sha256, size: 0 })])
  expect(made.status).toBe(200)
  expect((await hub.send('GET', '/ada/open/resolve/main/empty.bin')).headers.get('content-length')).toBe('0')
})
