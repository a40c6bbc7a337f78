import { afterAll, beforeAll, expect, test } from 'vitest'
import { RepoId } from '../core/index.ts'
import { startHubClient } from '../hub/hub-client.ts'
import { tokens } from '../hub/start-test-hub.ts'
import * as Connection from './Connection.ts'
import { withForkEdge } from './fork-edge.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
beforeAll(async () => {
  hub = await startHubClient()
}, 60_000)
afterAll(() => hub?.stop())

const edgesOf = (name: string) =>
  withForkEdge(Connection.from({ endpoint: hub.url, token: tokens.ada }), RepoId.parse(name), [
    { repo: 'model:ada/base', relation: 'finetune' },
  ])

test('behavior: a fork names its source in the manifest beside what its card says, unless the source is private', async () => {
  await hub.json('POST', '/api/models/ada/open/duplicate', { repository: 'ada/forked' })
  await hub.json('POST', '/api/models/lab/secret/duplicate', { repository: 'ada/forked-secret' })
  const finetune = { repo: 'model:ada/base', relation: 'finetune' }
  expect(await edgesOf('ada/open')).toEqual([finetune])
  expect(await edgesOf('ada/forked')).toEqual([{ repo: 'model:ada/open', relation: 'fork' }, finetune])
  expect(await edgesOf('ada/forked-secret')).toEqual([finetune])
})
