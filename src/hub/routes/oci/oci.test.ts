import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OciWire } from '../../../wire/index.ts'
import { file, header, lfs, sha256, startHubClient } from '../../hub-client.ts'
import { tokens } from '../../start-test-hub.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
const fixture = join(import.meta.dirname, '../../../../fixtures/dehug-tiny-chat/dehug-tiny-chat-q8_0.gguf')
const weights = Buffer.alloc(300_000, 'weights')
let gguf: Buffer

beforeAll(async () => {
  gguf = await readFile(fixture)
  hub = await startHubClient()
  const large = await hub.upload(weights, 'ada/open', tokens.ada)
  const files = [file('README.md', '# Open'), file('sub/config.json', '{}'), file('empty', ''), lfs('model.bin', large)]
  expect((await hub.commit([header(), ...files])).status).toBe(200)
  await hub.json('POST', '/api/repos/create', { name: 'Chat' })
  const model = await hub.upload(gguf, 'ada/Chat', tokens.ada)
  const other = await hub.upload(Buffer.concat([gguf, Buffer.from('x')]), 'ada/Chat', tokens.ada)
  const texts = [file('LICENSE', 'free'), file('template', '{{ .Prompt }}'), file('params', '{"stop":["x"]}')]
  await hub.commit([header(), lfs('chat-q8_0.gguf', model), lfs('chat-Q4_K_M.gguf', other), ...texts], 'ada/Chat')
  await hub.commit([header(), file('secret.txt', 'secret')], 'lab/secret')
}, 120_000)
afterAll(() => hub?.stop())

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(hub.url + path, { method, headers })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const manifestOf = async (path: string, headers = {}) => (await (await get(path, headers)).json()) as OciWire.Manifest
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

test('behavior: a pull by tag, then by digest, gives each file with its own SHA-256', async () => {
  const answer = await get('/v2/ada/open/manifests/latest', { accept: OciWire.media.manifest })
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect(answer.headers.get('content-type')).toBe(OciWire.media.manifest)
  expect(answer.headers.get('docker-content-digest')).toBe(digestOf(bytes))
  const manifest = JSON.parse(bytes.toString()) as OciWire.Manifest
  expect(manifest).toMatchObject({ schemaVersion: 2, artifactType: OciWire.media.model })
  const byTitle = Object.fromEntries(
    manifest.layers.map((layer) => [layer.annotations?.['org.opencontainers.image.title'], layer]),
  )
  expect(Object.keys(byTitle)).toEqual(['.gitattributes', 'README.md', 'empty', 'model.bin', 'sub/config.json'])
  expect(byTitle['model.bin']).toMatchObject({ digest: `sha256:${sha256(weights)}`, size: weights.length })

  for (const { digest, size } of [...manifest.layers, manifest.config]) {
    const blob = await get(`/v2/ada/open/blobs/${digest}`)
    const body = Buffer.from(await blob.arrayBuffer())
    expect([blob.status, body.length, digestOf(body)]).toEqual([200, size, digest])
    const head = await get(`/v2/ada/open/blobs/${digest}`, {}, 'HEAD')
    expect(head.headers.get('content-length')).toBe(String(size))
  }
  // The branch moves; what was resolved stays.
  const digest = digestOf(bytes)
  await hub.commit([header(), file('later.txt', 'later')])
  expect(Buffer.from(await (await get(`/v2/ada/open/manifests/${digest}`)).arrayBuffer())).toEqual(bytes)
  const head = await get(`/v2/ada/open/manifests/${digest}`, {}, 'HEAD')
  expect([head.status, head.headers.get('docker-content-digest'), head.headers.get('content-length')]).toEqual([
    200,
    digest,
    String(bytes.length),
  ])
  expect(digestOf(Buffer.from(await (await get('/v2/ada/open/manifests/main')).arrayBuffer()))).not.toBe(digest)
})

test('behavior: blobs answer ranges', async () => {
  const path = `/v2/ada/open/blobs/sha256:${sha256(weights)}`
  const part = await get(path, { range: 'bytes=100-199' })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${weights.length}`])
  expect(Buffer.from(await part.arrayBuffer())).toEqual(weights.subarray(100, 200))
  expect((await get(path, { range: 'bytes=999999-' })).status).toBe(416)
})

test('behavior: tags are branches, tags and quantisations, a page at a time', async () => {
  await hub.json('POST', '/api/models/ada/Chat/tag/main', { tag: 'v1' })
  expect(await (await get('/v2/ada/chat/tags/list')).json()).toEqual({
    name: 'ada/chat',
    tags: ['Q4_K_M', 'Q8_0', 'latest', 'main', 'v1'],
  })
  const page = await get('/v2/ada/chat/tags/list?n=2&last=Q4_K_M')
  expect(await page.json()).toMatchObject({ tags: ['Q8_0', 'latest'] })
  expect(page.headers.get('link')).toContain('last=latest')
  const referrers = await get(`/v2/ada/chat/referrers/sha256:${'0'.repeat(64)}?artifactType=x`)
  expect(referrers.headers.get('content-type')).toBe(OciWire.media.index)
  expect(await referrers.json()).toMatchObject({ schemaVersion: 2, manifests: [] })
})

test('behavior: Ollama gets the GGUF file of the quantisation it names, with its template, parameters and license', async () => {
  // What `ollama pull host/ada/Chat:Q8_0` sends: manifest, then each blob by HEAD, GET, and GET of its parts.
  const accept = { accept: OciWire.media.dockerManifest, 'user-agent': 'ollama/0.12.0 (amd64 linux) Go/go1.24.1' }
  const manifest = await manifestOf('/v2/ada/Chat/manifests/Q8_0', accept)
  expect(manifest.mediaType).toBe(OciWire.media.dockerManifest)
  expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual([
    'application/vnd.ollama.image.model',
    'application/vnd.ollama.image.license',
    'application/vnd.ollama.image.params',
    'application/vnd.ollama.image.template',
  ])
  const [model] = manifest.layers
  expect(model).toMatchObject({ digest: `sha256:${sha256(gguf)}`, size: gguf.length })
  const config = await (await get(`/v2/ada/Chat/blobs/${manifest.config.digest}`)).json()
  expect(config).toMatchObject({ model_format: 'gguf', model_family: 'llama', file_type: 'Q8_0' })
  const part = await get(`/v2/ada/Chat/blobs/${model?.digest}`, { range: 'bytes=0-99' })
  expect(Buffer.from(await part.arrayBuffer())).toEqual(gguf.subarray(0, 100))
  for (const tag of ['latest', 'q4_k_m', 'v1', 'main']) {
    const [preferred] = (await manifestOf(`/v2/ada/chat/manifests/${tag}`, accept)).layers
    expect(preferred?.size).toBe(gguf.length + 1)
  }
  expect((await get('/v2/ada/chat/manifests/Q2_K', accept)).status).toBe(404)
})

test('behavior: clients that ask first are sent to the token service, with an account or without', async () => {
  const ping = await get('/v2/')
  expect(ping.status).toBe(401)
  expect(await ping.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] })
  expect(ping.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
  const realm = /^Bearer realm="([^"]+)",service="[^"]+"$/.exec(
    ping.headers.get('www-authenticate') ?? '',
  )?.[1] as string
  const { token } = await (await fetch(`${realm}?service=x&scope=repository:ada/open:pull`)).json()
  expect((await get('/v2/', bearer(token))).status).toBe(200)
  expect((await get('/v2/ada/open/manifests/latest', bearer(token))).status).toBe(200)
  const basic = { authorization: `Basic ${Buffer.from(`ada:${tokens.ada}`).toString('base64')}` }
  const own = await (await fetch(realm, { headers: basic })).json()
  for (const headers of [basic, bearer(own.token)]) {
    expect((await get('/v2/lab/secret/manifests/latest', headers)).status).toBe(200)
  }
  expect((await fetch(realm, { headers: { authorization: `Basic ${btoa('ada:wrong')}` } })).status).toBe(401)
})

test('error: private and gated repositories look like missing ones, by every route', async () => {
  await hub.json('POST', '/api/repos/create', { name: 'gated' })
  await hub.commit([header(), file('x.txt', 'secret')], 'ada/gated')
  await hub.json('PUT', '/api/models/ada/gated/settings', { gated: 'manual' })
  const blob = digestOf(Buffer.from('secret'))
  const paths = ['manifests/latest', `manifests/${blob}`, `blobs/${blob}`, 'tags/list', `referrers/${blob}`]
  for (const caller of [undefined, tokens.eve]) {
    const said = new Set<string>()
    for (const repo of ['lab/secret', 'ada/gated', 'lab/nothing', 'no/body']) {
      for (const path of paths) {
        const answer = await get(`/v2/${repo}/${path}`, caller ? bearer(caller) : {})
        said.add(JSON.stringify([answer.status, await answer.json()]))
        expect(answer.headers.get('www-authenticate')?.includes(`repository:${repo}:pull`)).toBe(
          caller ? undefined : true,
        )
      }
    }
    expect([...said]).toEqual([
      caller
        ? '[404,{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{}}]}]'
        : '[401,{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":{}}]}]',
    ])
  }
  // Bytes of another repository are not in this one.
  const foreign = await get(`/v2/ada/open/blobs/${blob}`)
  expect([foreign.status, await foreign.json()]).toMatchObject([404, { errors: [{ code: 'BLOB_UNKNOWN' }] }])
})

test('error: what cannot be is refused in the words of the specification', async () => {
  const codeOf = async (path: string, method = 'GET') => {
    const answer = await get(path, {}, method)
    return [answer.status, (await answer.json()).errors[0].code]
  }
  expect(await codeOf('/v2/ada/open/manifests/nothing')).toEqual([404, 'MANIFEST_UNKNOWN'])
  expect(await codeOf(`/v2/ada/open/manifests/sha256:${'0'.repeat(64)}`)).toEqual([404, 'MANIFEST_UNKNOWN'])
  expect(await codeOf(`/v2/ada/open/manifests/sha512:${'0'.repeat(128)}`)).toEqual([404, 'MANIFEST_UNKNOWN'])
  expect(await codeOf('/v2/ada/open/blobs/sha256:12')).toEqual([400, 'DIGEST_INVALID'])
  expect(await codeOf('/v2/ada/open/manifests/a%2Fb')).toEqual([400, 'MANIFEST_INVALID'])
  expect(await codeOf('/v2/ada/open/blobs/uploads/', 'POST')).toEqual([405, 'UNSUPPORTED'])
  expect(await codeOf('/v2/ada/open/manifests/x', 'PUT')).toEqual([405, 'UNSUPPORTED'])
})

test('behavior: any reference is answered, and never with a fault', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.constantFrom('manifests', 'blobs'),
      async (text, what) => {
        const answer = await get(`/v2/ada/open/${what}/${encodeURIComponent(Buffer.from(text).toString())}`)
        await answer.arrayBuffer()
        expect(answer.status).toBeLessThan(500)
      },
    ),
    { numRuns: 150 },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `sha256:${text}`),
      ),
      (text) => {
        try {
          OciWire.parseReference(text)
        } catch (error) {
          expect((error as { status: number }).status).toBe(400)
        }
      },
    ),
  )
})

const skopeo = spawnSync('skopeo', ['--version']).status === 0

test('behavior: skopeo lists, inspects and copies, with the same bytes', async (context) => {
  if (!skopeo) return context.skip('skopeo is not installed')
  const dir = await mkdtemp(join(tmpdir(), 'dehug-skopeo-'))
  const host = new URL(hub.url).host
  const run = async (...args: string[]) => (await promisify(execFile)('skopeo', args)).stdout
  try {
    expect(JSON.parse(await run('list-tags', '--tls-verify=false', `docker://${host}/ada/open`)).Tags).toContain(
      'latest',
    )
    const raw = JSON.parse(await run('inspect', '--raw', '--tls-verify=false', `docker://${host}/ada/open:latest`))
    expect(raw.artifactType).toBe(OciWire.media.model)
    await run('copy', '--src-tls-verify=false', `docker://${host}/ada/open:latest`, `dir:${dir}/open`)
    expect(await readFile(join(dir, 'open', sha256(weights)))).toEqual(weights)
    await run(
      'copy',
      '--preserve-digests',
      '--src-tls-verify=false',
      `docker://${host}/ada/open:latest`,
      `oci:${dir}/layout`,
    )
    expect(await readdir(join(dir, 'layout/blobs/sha256'))).toContain(sha256(weights))
    const login = ['--src-creds', `ada:${tokens.ada}`, '--src-tls-verify=false']
    await run('copy', ...login, `docker://${host}/lab/secret:latest`, `dir:${dir}/secret`)
    await expect(
      run('copy', '--src-tls-verify=false', `docker://${host}/lab/secret:latest`, `dir:${dir}/no`),
    ).rejects.toThrow('authentication required')
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}, 60_000)
