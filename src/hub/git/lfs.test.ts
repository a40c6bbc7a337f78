import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uploadFiles } from '@huggingface/hub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../hub-client.ts'
import { tokens } from '../start-test-hub.ts'
import { type GitHub, hasLfs, startGitHub } from './test-git.ts'

let hub: GitHub
beforeAll(async () => {
  hub = await startGitHub({ multipartBytes: 1_000_000, partBytes: 400_000 })
})
afterAll(() => hub?.stop())

const create = (name: string, more: object = {}) => hub.json('POST', '/api/repos/create', { name, ...more })
const batch = async (bytes: Uint8Array, transfers: string[], { token = tokens.ada, repo = 'ada/open' } = {}) => {
  const objects = [{ oid: sha256(bytes), size: bytes.length }]
  const wish = { operation: 'upload', transfers, objects, hash_algo: 'sha256' }
  const answer = await hub.json('POST', `/${repo}.git/info/lfs/objects/batch`, wish, token)
  const body = await answer.json()
  return { status: answer.status, transfer: body.transfer, ...body.objects?.[0] }
}
const put = (href: string, body: Uint8Array) => fetch(href, { method: 'PUT', body: Buffer.from(body) })
const complete = (href: string, bytes: Uint8Array, count: number) =>
  hub.send('POST', new URL(href).pathname, {
    headers: { 'content-type': 'application/vnd.git-lfs+json' },
    body: JSON.stringify({
      oid: sha256(bytes),
      parts: Array.from({ length: count }, (_, i) => ({ partNumber: i + 1, etag: 'x' })),
    }),
  })
const partsOnDisk = async () => (await readdir(hub.context.store.partialDir)).filter((name) => name.startsWith('lfs-'))

describe.runIf(hasLfs)('git-lfs', () => {
  const git = (...args: Parameters<GitHub['git']>) => hub.git(...args)
  const tryGit = (...args: Parameters<GitHub['tryGit']>) => hub.tryGit(...args)

  test('behavior: large files are pushed and cloned, also in private repositories, with and without git-lfs', async () => {
    for (const [repo, name] of [
      ['ada/large', 'large'],
      ['lab/large', 'private'],
    ] as const) {
      const [ns] = repo.split('/')
      await create('large', ns === 'lab' ? { organization: 'lab', visibility: 'private' } : {})
      await git('', 'clone', '-q', hub.at(repo, tokens.ada), name)
      await git(name, 'lfs', 'install', '--local')
      const bytes = randomBytes(2_500_000)
      await mkdir(join(hub.home, name, 'sub'), { recursive: true })
      await writeFile(join(hub.home, name, 'sub/model.safetensors'), bytes)
      await git(name, 'add', '-A')
      await git(name, 'commit', '-qm', 'weights')
      await git(name, 'push', '-q')
      const tree = await hub.send('GET', `/api/models/${repo}/tree/main/sub`, { token: tokens.ada })
      expect((await tree.json())[0].lfs).toMatchObject({ oid: sha256(bytes), size: 2_500_000 })
      await git(
        '',
        '-c',
        'filter.lfs.smudge=git-lfs smudge -- %f',
        'clone',
        '-q',
        hub.at(repo, tokens.ada),
        `${name}-2`,
      )
      expect((await readFile(join(hub.home, `${name}-2/sub/model.safetensors`))).equals(bytes)).toBe(true)
      await git('', 'clone', '-q', hub.at(repo, tokens.ada), `${name}-3`)
      const pointer = await readFile(join(hub.home, `${name}-3/sub/model.safetensors`), 'utf8')
      expect(pointer).toContain(`oid sha256:${sha256(bytes)}\nsize 2500000\n`)
      await git(`${name}-3`, 'lfs', 'install', '--local')
      await git(`${name}-3`, 'lfs', 'pull')
      expect(await git(`${name}-3`, 'lfs', 'fsck')).toContain('Git LFS fsck OK')
    }
  })

  test('behavior: files are locked, listed and unlocked; a push past the lock of another is held back', async () => {
    await create('locked', { organization: 'lab' })
    const { Account } = await import('../../catalog/index.ts')
    const { db } = hub.context.catalog
    const [lab, bob] = [await Account.byName(db, 'lab'), await Account.byName(db, 'bob')]
    await Account.setMember(db, lab as never, bob as never, 'write')
    for (const [folder, token] of [
      ['by-ada', tokens.ada],
      ['by-bob', tokens.bob],
    ] as const) {
      await git('', 'clone', '-q', hub.at('lab/locked', token), folder)
      await git(folder, 'lfs', 'install', '--local')
      await git(folder, 'config', 'lfs.locksverify', 'true')
    }
    await writeFile(join(hub.home, 'by-ada/w.bin'), randomBytes(500))
    await git('by-ada', 'add', '-A')
    await git('by-ada', 'commit', '-qm', 'w')
    await git('by-ada', 'push', '-q')
    expect(await git('by-ada', 'lfs', 'lock', 'w.bin')).toContain('Locked w.bin')
    expect((await tryGit('by-bob', 'lfs', 'lock', 'w.bin')).err).toContain('locked by ada already')
    expect(await git('by-bob', 'lfs', 'locks')).toMatch(/w\.bin\s+ada\s+ID:/)
    await git('by-bob', 'pull', '-q')
    await writeFile(join(hub.home, 'by-bob/w.bin'), randomBytes(600))
    await git('by-bob', 'commit', '-qam', 'w2')
    expect((await tryGit('by-bob', 'push')).err).toContain('Cannot update locked files')
    expect((await tryGit('by-bob', 'lfs', 'unlock', '--force', 'w.bin')).err).toContain('Authorization error')
    await git('by-ada', 'lfs', 'unlock', 'w.bin')
    await git('by-bob', 'push', '-q')
    await git('by-bob', 'lfs', 'lock', 'w.bin')
    expect(await git('by-ada', 'lfs', 'unlock', '--force', 'w.bin')).toContain('Unlocked w.bin')
    expect((await hub.json('POST', '/lab/locked.git/info/lfs/locks', { path: '../x' })).status).toBe(422)
    expect((await hub.json('POST', '/lab/secret.git/info/lfs/locks/verify', {}, tokens.eve)).status).toBe(404)
    expect((await hub.json('POST', '/lab/locked.git/info/lfs/locks/nope/unlock', {})).status).toBe(404)
    await Account.setMember(db, lab as never, bob as never, 'read')
  })
})

test('behavior: a file comes in parts, in any order and again after a break, and is whole at the end', async () => {
  const bytes = randomBytes(1_000_001)
  const { transfer, actions } = await batch(bytes, ['basic', 'multipart'])
  const { chunk_size: size, ...links } = actions.upload.header
  expect([transfer, size, Object.keys(links)]).toEqual(['multipart', '400000', ['00001', '00002', '00003']])
  const part = (number: number) => bytes.subarray((number - 1) * 400_000, number * 400_000)
  expect((await put(links['00003'], part(3))).headers.get('etag')).toBeTruthy()
  expect((await put(links['00001'], part(1).subarray(1))).status).toBe(400)
  expect((await fetch(links['00001'], { method: 'HEAD' })).status).toBe(404)
  const early = await complete(actions.upload.href, bytes, 3)
  expect([early.status, (await early.json()).code]).toEqual([400, 'part_missing'])
  // Whoever asks again goes on with the parts that are there.
  const again = (await batch(bytes, ['multipart'])).actions.upload
  expect((await fetch(again.header['00003'], { method: 'HEAD' })).status).toBe(200)
  await Promise.all([put(again.header['00001'], part(1)), put(again.header['00002'], part(2))])
  const [one, two] = await Promise.all([complete(again.href, bytes, 3), complete(actions.upload.href, bytes, 3)])
  expect([one.status, two.status, (await complete(again.href, bytes, 3)).status]).toEqual([200, 200, 200])
  const verified = await hub.json('POST', new URL(actions.verify.href).pathname, {
    oid: sha256(bytes),
    size: 1_000_001,
  })
  expect(verified.status).toBe(200)
  expect((await batch(bytes, ['multipart'])).actions).toBeUndefined()
  expect(await partsOnDisk()).toEqual([])
})

test('error: wrong parts are refused as a whole, links are for one file and one person, and old parts are swept', async () => {
  const bytes = randomBytes(1_200_000)
  const { actions } = await batch(bytes, ['multipart'])
  const links = actions.upload.header
  for (const number of ['00001', '00002', '00003']) await put(links[number], Buffer.alloc(400_000))
  const answer = await complete(actions.upload.href, bytes, 3)
  expect([answer.status, (await answer.json()).code]).toEqual([400, 'content_mismatch'])
  expect(await partsOnDisk()).toEqual([])
  expect((await put(`${actions.upload.href}/4`, Buffer.alloc(1))).status).toBe(404)
  expect((await put(`${actions.upload.href.slice(0, -4)}AAAA/1`, Buffer.alloc(400_000))).status).toBe(403)
  expect((await complete(actions.upload.href, randomBytes(3), 3)).status).toBe(400)
  await put(links['00002'], bytes.subarray(400_000, 800_000))
  const byEve = (await batch(bytes, ['multipart'], { token: tokens.eve, repo: 'ada/open' })).actions.upload.header
  expect((await fetch(byEve['00002'], { method: 'HEAD' })).status).toBe(404)
  const [name = ''] = await partsOnDisk()
  const old = new Date(Date.now() - 25 * 3_600_000)
  await utimes(join(hub.context.store.partialDir, name), old, old)
  await put(byEve['00001'], bytes.subarray(0, 400_000))
  expect(await partsOnDisk()).toHaveLength(1)
  expect(await partsOnDisk()).not.toContain(name)
})

test('behavior: git-lfs and clients that ask for xet are answered with what there is; errors are per object', async () => {
  const bytes = randomBytes(1_100_000)
  expect((await batch(bytes, ['basic', 'ssh', 'lfs-standalone-file'])).transfer).toBe('basic')
  expect((await batch(bytes, ['basic', 'multipart', 'xet'])).transfer).toBe('xet')
  const objects = [
    { oid: '0'.repeat(64), size: 5 },
    { oid: '1'.repeat(64), size: 2 ** 50 },
  ]
  const up = await hub.json('POST', '/ada/open.git/info/lfs/objects/batch', { operation: 'upload', objects })
  expect((await up.json()).objects.map(({ error }: { error?: { code: number } }) => error?.code)).toEqual([
    undefined,
    413,
  ])
  const down = await hub.json('POST', '/ada/open.git/info/lfs/objects/batch', { operation: 'download', objects })
  expect((await down.json()).objects[0].error.code).toBe(404)
})

test('behavior: @huggingface/hub sends a large file in parts', async () => {
  const bytes = randomBytes(2_000_000)
  await create('from-js')
  await uploadFiles({
    repo: 'ada/from-js',
    accessToken: tokens.ada,
    hubUrl: hub.url,
    useXet: false,
    files: [{ path: 'model.bin', content: new Blob([bytes]) }],
  })
  const served = await hub.send('GET', '/ada/from-js/resolve/main/model.bin')
  expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true)
})
