import {
  commit,
  commitIter,
  countCommits,
  createBranch,
  createRepo,
  deleteBranch,
  listCommits,
  listFiles,
} from '@huggingface/hub'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
}, 120_000)
afterAll(() => hub?.stop())

const repo = { type: 'model' as const, name: 'ada/js' }
const put = (path: string, text: string) => ({ operation: 'addOrUpdate' as const, path, content: new Blob([text]) })

test('behavior: the JavaScript client commits to branches and pull requests, and reads histories', async () => {
  const ada = { hubUrl: hub.url, accessToken: tokens.ada, repo }
  await createRepo({ ...ada })
  for (let i = 0; i < 4; i += 1) {
    await commit({ ...ada, title: `commit ${i}`, operations: [put(`f${i}.txt`, `${i}`)] })
  }
  await createBranch({ ...ada, branch: 'side/way', revision: 'main' })
  await expect(createBranch({ ...ada, branch: 'side/way' })).rejects.toMatchObject({ statusCode: 409 })
  await createBranch({ ...ada, branch: 'side/way', overwrite: true })
  await createBranch({ ...ada, branch: 'bare', empty: true })
  await commit({ ...ada, branch: 'side/way', title: 'on the side', operations: [put('side.txt', 's')] })
  const made = await commit({
    ...{ hubUrl: hub.url, accessToken: tokens.eve, repo, title: 'from Eve', isPullRequest: true },
    operations: [put('eve.txt', 'e'), { operation: 'delete', path: 'f0.txt' }],
  })
  expect(made?.pullRequestUrl).toBe(`${hub.url}/ada/js/discussions/1`)
  expect(await countCommits({ ...ada, revision: 'main' })).toBe(5)
  expect(await countCommits({ ...ada, revision: 'refs/pr/1' })).toBe(6)
  const titles: string[] = []
  for await (const one of listCommits({ ...ada, revision: 'side/way', batchSize: 2 })) titles.push(one.title)
  expect(titles).toEqual(['on the side', 'commit 3', 'commit 2', 'commit 1', 'commit 0', 'initial commit'])
  const files = async (revision: string) => {
    const paths: string[] = []
    for await (const { path } of listFiles({ ...ada, revision, recursive: true })) paths.push(path)
    return paths
  }
  expect(await files('refs/pr/1')).toEqual(['.gitattributes', 'eve.txt', 'f1.txt', 'f2.txt', 'f3.txt'])
  expect(await files('bare')).toEqual([])
  await deleteBranch({ ...ada, branch: 'side/way' })
  await expect(files('side/way')).rejects.toMatchObject({ statusCode: 404 })
})

test('error: a commit on an old parent is refused, and the branch keeps what is there', async () => {
  const ada = { hubUrl: hub.url, accessToken: tokens.ada, repo }
  const old: string[] = []
  for await (const { oid } of listCommits(ada)) old.push(oid)
  const late = async () => {
    for await (const _ of commitIter({
      ...ada,
      title: 'late',
      parentCommit: old[1] as string,
      operations: [put('late', '')],
    })) {
    }
  }
  await expect(late()).rejects.toMatchObject({ statusCode: 412 })
  expect(await countCommits(ada)).toBe(old.length)
})
