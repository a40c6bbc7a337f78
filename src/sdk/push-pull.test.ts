import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RepoId, Version } from '../core/index.ts'
import type { PushProgress } from './push.ts'
import { startHubNetwork } from './testing.ts'

let network: Awaited<ReturnType<typeof startHubNetwork>>
beforeAll(async () => {
  network = await startHubNetwork()
})
afterAll(() => network?.stop())

const fixture = join(import.meta.dirname, '../../fixtures/dehug-vision')
const copyOf = async (name: string) => {
  const folder = join(network.dir, name)
  await cp(fixture, folder, { recursive: true })
  return folder
}

test('behavior: a first push mints, a second one sends nothing, a changed file makes the next version', async () => {
  const folder = await copyOf('vision')
  const client = network.client('alice')
  const repo = RepoId.parse('alice/vision')
  const first = await client.push({ folder, repo })
  expect(first).toMatchObject({ repo: 'model:alice/vision', minted: true, deletedFiles: 0, unsafe: [] })
  expect(first.uploadedBytes).toBeGreaterThan(400_000)
  expect(first.tx).toMatch(/^0x[0-9a-f]{64}$/)

  const again = await client.push({ folder, repo })
  expect(again).toMatchObject({ uploadedFiles: 0, uploadedBytes: 0, tx: null, root: first.root, commit: first.commit })

  await writeFile(join(folder, 'config.json'), '{"changed":true}\n')
  await rm(join(folder, 'samples/0-zero.png'))
  const next = await client.push({ folder, repo })
  expect(next).toMatchObject({ uploadedFiles: 1, uploadedBytes: 17, deletedFiles: 1, minted: false })
  expect(next.root).not.toBe(first.root)
})

test('behavior: pull fetches the head or a pinned root, keeps what is right, and verify proves the folder', async () => {
  const folder = await copyOf('pulled-source')
  const client = network.client('alice')
  const repo = RepoId.parse('alice/pulled')
  const first = await client.push({ folder, repo })
  await writeFile(join(folder, 'extra.txt'), 'hello')
  const second = await client.push({ folder, repo })

  const to = join(network.dir, 'target')
  const reader = network.client('bob')
  const pinned = await reader.pull({ version: Version.parse(`alice/pulled@${first.root}`), folder: to })
  expect(pinned).toMatchObject({ root: first.root, isHead: false, keptFiles: 0, removedFiles: 0 })
  expect(await readFile(join(to, 'README.md'), 'utf8')).toBe(await readFile(join(fixture, 'README.md'), 'utf8'))
  expect(await reader.verify({ folder: to })).toMatchObject({
    root: first.root,
    anchored: true,
    isHead: false,
    extra: [],
  })

  const head = await reader.pull({ version: Version.parse('alice/pulled'), folder: to })
  expect(head).toMatchObject({ root: second.root, isHead: true, downloadedBytes: 5, keptFiles: pinned.files })

  const back = await reader.pull({ version: Version.parse(`alice/pulled@${first.commit}`), folder: to })
  expect(back).toMatchObject({ root: first.root, removedFiles: 1, downloadedBytes: 0 })
  expect(await readdir(network.dir)).not.toContainEqual(expect.stringContaining('.target'))
})

test('behavior: an upload that was cut goes on where it was, and hashes nothing twice', async () => {
  const folder = join(network.dir, 'large')
  await mkdir(folder)
  await writeFile(join(folder, 'README.md'), '---\nlicense: mit\n---\n')
  for (const name of ['a', 'b', 'c']) await writeFile(join(folder, `${name}.safetensors`), randomBytes(6_000_000))
  const past = new Date(Date.now() - 10_000)
  for (const name of await readdir(folder)) await utimes(join(folder, name), past, past)
  const client = network.client('alice')
  const repo = RepoId.parse('alice/large')
  const cut = new AbortController()
  const onProgress = (progress: PushProgress) => {
    if (progress.phase === 'upload' && progress.doneBytes > 13_000_000) cut.abort()
  }
  await expect(client.push({ folder, repo, parallel: 1, signal: cut.signal, onProgress })).rejects.toThrow('abort')

  const phases: PushProgress[] = []
  const again = await client.push({ folder, repo, onProgress: (progress) => phases.push(progress) })
  expect(again.uploadedBytes).toBe(6_000_000 + 21)
  expect(phases.filter(({ phase }) => phase === 'hash')).toHaveLength(4)
})

test('error: a changed, missing or foreign byte in a folder is found, offline too', async () => {
  const folder = await copyOf('verified')
  const client = network.client('alice')
  await client.push({ folder, repo: RepoId.parse('alice/verified') })
  const to = join(network.dir, 'verified-copy')
  await client.pull({ version: Version.parse('alice/verified'), folder: to })
  await expect(client.verify({ folder: to, offline: true })).resolves.toMatchObject({ anchored: false, isHead: null })

  await writeFile(join(to, 'notes.txt'), 'mine')
  expect((await client.verify({ folder: to })).extra).toEqual(['notes.txt'])
  await writeFile(join(to, 'LICENSE'), 'changed')
  await rm(join(to, 'NOTICE'))
  await expect(client.verify({ folder: to, offline: true })).rejects.toMatchObject({
    exitCode: 3,
    message: `${to} is not model:alice/verified as it was published: LICENSE has another size, NOTICE is missing.`,
  })
})

test('error: symlinks, pickles and case collisions are refused before anything is sent', async () => {
  const client = network.client('alice')
  const repo = RepoId.parse('alice/refused')
  const folder = join(network.dir, 'refused')
  await mkdir(folder)
  await writeFile(join(folder, 'README.md'), '---\nlicense: mit\n---\n')
  await symlink('/etc/passwd', join(folder, 'link'))
  await expect(client.push({ folder, repo })).rejects.toThrow('link is a symlink; only plain files are published.')
  await rm(join(folder, 'link'))

  await writeFile(join(folder, 'weights.bin'), Buffer.from([0x80, 0x04, 0x95, 0x00]))
  await expect(client.push({ folder, repo })).rejects.toThrow(
    'Pickle files run code when they are loaded, so they are refused: weights.bin.',
  )
  const marked = await client.push({ folder, repo, allowPickle: true })
  expect(marked.unsafe).toEqual(['weights.bin'])
  await expect(
    client.pull({ version: { repo, at: { kind: 'head' } }, folder: join(network.dir, 'no') }),
  ).rejects.toMatchObject({ code: 'pickle_refused' })

  await writeFile(join(folder, 'readme.md'), 'other')
  await expect(client.push({ folder, repo })).rejects.toMatchObject({ code: 'bad_path' })
})

test('error: a license that the base model forbids is refused before anything is sent, unless permitted', async () => {
  const client = network.client('alice')
  const folderWith = async (name: string, lines: string) => {
    const folder = await copyOf(name)
    await writeFile(join(folder, 'README.md'), `---\n${lines}\n---\n`)
    return folder
  }
  const [base, child] = [RepoId.parse('alice/base-nc'), RepoId.parse('alice/child-free')]
  await client.push({ folder: await folderWith('base-nc', 'license: cc-by-nc-4.0'), repo: base })
  const folder = await folderWith('child', 'license: apache-2.0\nbase_model: alice/base-nc')
  await expect(client.push({ folder, repo: child })).rejects.toMatchObject({
    code: 'license_conflict',
    message: expect.stringContaining('model:alice/base-nc'),
  })
  await expect(network.client('bob').pull({ version: Version.parse('alice/child-free') })).rejects.toMatchObject({
    code: 'repo_not_found',
  })
  await expect(client.push({ folder, repo: child, allowLicenseConflict: true })).resolves.toMatchObject({
    minted: true,
  })
})

test('error: nobody publishes into the namespace of somebody else', async () => {
  const folder = await copyOf('stolen')
  await expect(network.client('bob').push({ folder, repo: RepoId.parse('alice/vision') })).rejects.toMatchObject({
    exitCode: 5,
  })
})
