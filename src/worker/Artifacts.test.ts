import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Bytes, Manifest, RepoId } from '../core/index.ts'
import { DiskStore } from '../store/index.ts'
import * as Artifacts from './Artifacts.ts'
import { testSource } from './test-worker.ts'

test('behavior: checked files are read again only after they were touched, and then repaired', async () => {
  const source = await testSource()
  const dir = await mkdtemp(join(tmpdir(), 'dehug-artifacts-'))
  const store = await DiskStore.open({ dir: join(dir, 'store') })
  const { cid, sha256, size } = await source.store.put(Bytes.utf8('weights'))
  const manifest = Manifest.from({
    repo: RepoId.parse('dehug/small'),
    commit: '0'.repeat(40),
    files: [{ path: 'model.bin', size, sha256, cid }],
    license: { id: 'apache-2.0' },
    author: `0x${'a'.repeat(40)}`,
    createdAt: 1_800_000_000_000,
  })
  const lookups = vi.spyOn(store, 'path')
  const artifacts = Artifacts.open({
    chain: undefined as never,
    store,
    modelsDir: join(dir, 'models'),
    sources: [source.url],
  })
  const resolved = {
    repo: 'model:dehug/small',
    modelId: 1n,
    versionRoot: manifest.root as `0x${string}`,
    manifestCid: cid,
    manifest,
  }
  const folder = await artifacts.materialise(resolved)
  const file = join(folder, 'model.bin')
  expect(lookups).toHaveBeenCalledTimes(1)
  await artifacts.materialise(resolved)
  expect(lookups).toHaveBeenCalledTimes(1)
  for (let again = 2; again < 4; again += 1) {
    await writeFile(file, 'weighty')
    await artifacts.materialise(resolved)
    expect(await readFile(file, 'utf8')).toBe('weights')
    expect(lookups).toHaveBeenCalledTimes(again)
  }
  await rm(file)
  await artifacts.materialise(resolved)
  expect(await readFile(file, 'utf8')).toBe('weights')
  await store[Symbol.asyncDispose]()
  await source.stop()
  await rm(dir, { recursive: true, force: true })
})
