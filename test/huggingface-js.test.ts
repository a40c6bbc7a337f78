import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  commit,
  createRepo,
  deleteFile,
  deleteRepo,
  downloadFile,
  fileExists,
  listCommits,
  listFiles,
  listModels,
  modelInfo,
  uploadFile,
  uploadFiles,
  whoAmI,
} from '@huggingface/hub'
import { env, pipeline } from '@huggingface/transformers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub, tokens } from '../src/hub/start-test-hub.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')

let hub: TestHub
let folder: string

beforeAll(async () => {
  ;[hub, folder] = await Promise.all([startTestHub(), mkdtemp(join(tmpdir(), 'dehug-js-'))])
})

afterAll(async () => {
  await hub?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

describe('@huggingface/hub', () => {
  const to = () => ({ hubUrl: hub.url, accessToken: tokens.ada })
  const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = []
    for await (const item of items) found.push(item)
    return found
  }

  test.each([false, true])('behavior: files go there and back (useXet: %s)', async (useXet) => {
    const repo = `ada/js-${useXet}`
    const bytes = new Uint8Array(11_000_000).map((_, i) => i % 251)
    await createRepo({ ...to(), repo })
    await uploadFiles({
      ...to(),
      repo,
      useXet,
      files: [
        { path: 'model.safetensors', content: new Blob([bytes]) },
        { path: 'notes/a.txt', content: new Blob(['a']) },
        { path: 'empty.txt', content: new Blob([]) },
      ],
    })
    expect((await whoAmI(to())).name).toBe('ada')
    const files = await all(listFiles({ ...to(), repo, recursive: true }))
    expect(files.filter(({ type }) => type === 'file').map(({ path }) => path)).toEqual([
      '.gitattributes',
      'empty.txt',
      'model.safetensors',
      'notes/a.txt',
    ])
    const got = await downloadFile({ ...to(), repo, path: 'model.safetensors' })
    expect(Buffer.from((await got?.arrayBuffer()) as ArrayBuffer).equals(Buffer.from(bytes))).toBe(true)
    expect(await got?.slice(5, 9).text()).toBe(String.fromCharCode(5, 6, 7, 8))
    expect((await downloadFile({ ...to(), repo, path: 'empty.txt' }))?.size).toBe(0)
    expect(await downloadFile({ ...to(), repo, path: 'none.txt' })).toBeNull()
    expect(await fileExists({ ...to(), repo, path: 'notes/a.txt' })).toBe(true)
  })

  test('behavior: edits, history, lists and an end', async () => {
    const repo = 'ada/js-edit'
    await createRepo({ ...to(), repo })
    await uploadFile({ ...to(), repo, file: { path: 'a.txt', content: new Blob(['a']) }, commitTitle: 'one' })
    await commit({
      ...to(),
      repo,
      title: 'two',
      operations: [{ operation: 'addOrUpdate', path: 'b.txt', content: new Blob(['b']) }],
    })
    await deleteFile({ ...to(), repo, path: 'a.txt', commitTitle: 'three' })
    const titles = (await all(listCommits({ ...to(), repo }))).map(({ title }) => title)
    expect(titles).toEqual(['three', 'two', 'one', 'initial commit'])
    expect((await modelInfo({ ...to(), name: repo })).name).toBe(repo)
    const names = (await all(listModels({ ...to(), search: { owner: 'ada' } }))).map(({ name }) => name)
    expect(names).toContain(repo)
    await deleteRepo({ ...to(), repo })
    await expect(modelInfo({ ...to(), name: repo })).rejects.toMatchObject({ statusCode: 404 })
  })

  test('error: a stranger sees nothing', async () => {
    const repo = 'ada/js-hidden'
    await createRepo({ ...to(), repo, private: true })
    await expect(modelInfo({ hubUrl: hub.url, accessToken: tokens.bob, name: repo })).rejects.toMatchObject({
      statusCode: 404,
    })
    await expect(modelInfo({ hubUrl: hub.url, name: repo })).rejects.toMatchObject({ statusCode: 401 })
  })
})

describe('transformers.js', () => {
  test('behavior: a pipeline whose files come from env.remoteHost', async () => {
    const to = { hubUrl: hub.url, accessToken: tokens.ada }
    await createRepo({ ...to, repo: 'ada/langid' })
    const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx']
    const contents = await Promise.all(
      files.map(async (path) => ({ path, content: new Blob([await readFile(join(fixtures, 'dehug-langid', path))]) })),
    )
    await uploadFiles({ ...to, repo: 'ada/langid', files: contents })
    env.remoteHost = `${hub.url}/`
    env.allowLocalModels = false
    env.cacheDir = join(folder, 'cache')
    const classify = await pipeline('text-classification', 'ada/langid', { dtype: 'fp32' })
    const [found] = (await classify('Guten Tag, wie geht es Ihnen?')) as { label: string }[]
    await classify.dispose()
    expect(found?.label).toBe('de')
  })
})
