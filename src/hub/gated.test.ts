import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonOf, storyClients } from '../../test/python.ts'
import { type GitHub, hasGit, startGitHub } from './git/test-git.ts'
import { file, header, lfs, problem } from './hub-client.ts'
import { tokens } from './start-test-hub.ts'
import { huggingFace } from './test-huggingface.ts'

const [first, second] = ['the first secret words', 'the second secret words']
const secret = /secret words/
const weights = Buffer.concat([Buffer.from('weights of secret words'), randomBytes(50_000)])
const api = '/api/models/ada/gated'

let hub: GitHub
/** The commits of main, oldest first. */
const commits: string[] = []
let object: { oid: string; size: number }

beforeAll(async () => {
  hub = await startGitHub()
  await hub.json('POST', '/api/repos/create', { name: 'gated' })
  object = await hub.upload(weights, 'ada/gated', tokens.ada)
  const readme = file('README.md', '---\nlicense: mit\n---\nWhat this is')
  for (const text of [first, second]) {
    const answer = await hub.commit([header(), readme, file('a/t.txt', text), lfs('w.bin', object)], 'ada/gated')
    commits.push((await answer.json()).commitOid)
  }
  const pull = await hub.send('POST', `${api}/commit/main?create_pr=1`, {
    token: tokens.ada,
    headers: { 'content-type': 'application/x-ndjson' },
    body: [header(), file('a/t.txt', 'other secret words')].map((line) => JSON.stringify(line)).join('\n'),
  })
  expect(pull.status).toBe(200)
  await hub.json('PUT', `${api}/settings`, { gated: 'manual' })
  await hub.json('POST', `${api}/ask-access`, {}, tokens.eve)
  await hub.json('POST', `${api}/user-access-request/grant`, { user: 'bob' })
})
afterAll(() => hub?.stop())

const strangers = [
  { who: 'nobody', token: undefined, refusal: 401 },
  { who: 'somebody who has asked and waits', token: tokens.eve, refusal: 403 },
]

/** Whatever holds words of files, one way or another. */
const kept = (): string[] => [
  ...['main', 'refs%2Fpr%2F1', ...commits].map((revision) => `/ada/gated/resolve/${revision}/a/t.txt`),
  ...['main', 'refs%2Fpr%2F1', ...commits].map((revision) => `/ada/gated/raw/${revision}/a/t.txt`),
  ...['resolve', 'raw'].flatMap((kind) => [
    `/ada/gated/${kind}/main/w.bin`,
    `/ada/gated/${kind}/main/no-such-file`,
    `/ada/gated/${kind}/refs%2Fpr%2F1/README.md`,
    `/ada/gated/${kind}/${commits[0]}/README.md`,
  ]),
  `${api}/compare/${commits[0]}..main`,
  `${api}/compare/main...refs%2Fpr%2F1`,
  `${api}/compare/${commits[0]}..main?raw=true`,
  `${api}/xet-read-token/main`,
  `${api}/xet-write-token/main?create_pr=1`,
  `/ada/gated.git/info/refs?service=git-upload-pack`,
  `/ada/gated.git/info/lfs/objects/${object.oid}`,
]

/** What says which files there are, as the Hub shows it to everybody. */
const shown = (): string[] => [
  api,
  `${api}?blobs=true`,
  `${api}/revision/${commits[0]}`,
  `${api}/tree/main?recursive=true&expand=true`,
  `${api}/refs?include_prs=1`,
  `${api}/commits/main`,
  `${api}/discussions`,
  `${api}/discussions/1`,
  `${api}/discussions/1?diff=1`,
  '/ada/gated/resolve/main/README.md',
  '/ada/gated/raw/main/README.md',
  `/ada/gated/resolve/${commits[1]}/README.md`,
]

describe.each(strangers)('a gated repository and $who', ({ token, refusal }) => {
  const get = (path: string, method = 'GET') => hub.send(method, path, { token, headers: { accept: '*/*' } })

  test('behavior: what files there are is shown, and none of their words', async () => {
    for (const path of shown()) {
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 200])
      expect(await answer.text()).not.toMatch(secret)
    }
    const pull = await (await get(`${api}/discussions/1?diff=1`)).json()
    expect([pull.diff, pull.filesWithConflicts, pull.isPullRequest]).toEqual([undefined, false, true])
    const info = await hub.send('POST', `${api}/paths-info/main`, {
      ...{ token, headers: { 'content-type': 'application/json' }, body: '{"paths":["a/t.txt","w.bin"]}' },
    })
    expect((await info.json()).map(({ path }: { path: string }) => path)).toEqual(['a/t.txt', 'w.bin'])
  })

  test('error: files, differences, patches, packs, large files and chunks are refused in the words of the Hub', async () => {
    for (const path of kept()) {
      const answer = await get(path)
      expect([path, await problem(answer)]).toEqual([
        path,
        expect.objectContaining({ status: refusal, code: 'gated_repo', header: 'GatedRepo' }),
      ])
      const head = await get(path, 'HEAD')
      if (head.status === 404) continue
      expect([path, head.status, head.headers.get('x-error-code')]).toEqual([path, refusal, 'GatedRepo'])
      expect([head.headers.get('etag'), head.headers.get('x-linked-etag')]).toEqual([null, null])
    }
    for (const path of ['manifests/main', `manifests/${commits[0]}`, `blobs/sha256:${object.oid}`, 'tags/list']) {
      const answer = await get(`/v2/ada/gated/${path}`)
      // Registries do not tell a name that one may not pull from one that is not there.
      expect([path, [refusal, 404].includes(answer.status), answer.headers.get('etag')]).toEqual([path, true, null])
      expect(await answer.text()).not.toMatch(secret)
    }
    const posts: [string, unknown][] = [
      ['/ada/gated.git/info/lfs/objects/batch', { operation: 'download', objects: [object] }],
      ['/ada/gated.git/git-upload-pack', ''],
      [`${api}/duplicate`, { repository: 'Eve/taken' }],
      [`${api}/lfs-files/duplicate`, { target: { type: 'model', name: 'Eve/taken' }, files: [{ sha256: object.oid }] }],
    ]
    for (const [path, body] of posts) {
      const headers = { 'content-type': 'application/json' }
      const answer = await hub.send('POST', path, { token, headers, body: JSON.stringify(body) })
      expect([path, answer.status]).toEqual([path, refusal])
      expect(await answer.text()).not.toMatch(secret)
    }
  })

  test.runIf(hasGit)('error: git neither clones nor pushes, and says why', async () => {
    const cloned = await hub.tryGit('', 'clone', hub.at('ada/gated', token), `not-${refusal}`)
    expect(cloned.code).not.toBe(0)
    expect(cloned.err).toMatch(token ? /403|is restricted/ : /could not read Username/)
    // Who could push could try which words a change fits to.
    const empty = `empty-${refusal}`
    await hub.git('', 'init', '-q', empty)
    await hub.git(empty, 'commit', '-q', '--allow-empty', '-m', 'nothing')
    const pushed = await hub.tryGit(empty, 'push', hub.at('ada/gated', token), 'HEAD:refs/pr/1')
    expect(pushed.err).toMatch(token ? /403|is restricted/ : /could not read Username/)
    const pack = await hub.send('POST', '/ada/gated.git/git-receive-pack', { token, body: '0000' })
    expect(pack.status).toBe(refusal)
  })
})

describe('a gated repository and who was let in', () => {
  test('behavior: everything is there', async () => {
    for (const path of [...shown(), ...kept()]) {
      if (path.endsWith('no-such-file')) continue
      const answer = await hub.send('GET', path, { token: tokens.bob })
      expect([path, answer.status]).toEqual([path, 200])
      await answer.body?.cancel()
    }
    const patch = await hub.send('GET', `${api}/compare/${commits[0]}..main?raw=true`, { token: tokens.bob })
    expect(await patch.text()).toContain(`+${second}`)
    const pull = await (await hub.send('GET', `${api}/discussions/1?diff=1`, { token: tokens.bob })).json()
    expect(pull.diff).toContain('+other secret words')
  })

  test.runIf(hasGit)('behavior: git clones, and opens no other door', async () => {
    await hub.git('', 'clone', '-q', hub.at('ada/gated', tokens.bob), 'let-in')
    expect(await hub.git('let-in', 'show', 'HEAD:a/t.txt')).toBe(second)
    await writeFile(join(hub.home, 'let-in/x'), 'x')
    await hub.git('let-in', 'add', '-A')
    await hub.git('let-in', 'commit', '-qm', 'x')
    expect((await hub.tryGit('let-in', 'push')).err).toContain('You have no right to change ada/gated')
  })
})

describe.each(storyClients)('huggingface_hub $version and a gated repository', (client) => {
  test('behavior: over every transfer path the refusal is GatedRepoError, and the listings work', async () => {
    const interpreter = await pythonOf(client)
    const prelude = `
import json, os
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import *
def why(f):
    try: return f()
    except Exception as error: return [type(error).__name__, error.response.status_code]
`
    const run = huggingFace({ interpreter, url: hub.url, dir: join(hub.home, client.venv), prelude })
    for (const xet of ['0', '1']) {
      const found = await run(
        `
of = lambda api: [why(lambda: api.hf_hub_download('ada/gated', 'w.bin', cache_dir=os.environ['HF_HOME'] + '/c')), why(lambda: api.snapshot_download('ada/gated', cache_dir=os.environ['HF_HOME'] + '/s')), why(lambda: api.auth_check('ada/gated')),
  why(lambda: api.get_discussion_details('ada/gated', 1).diff), why(lambda: len(api.list_repo_files('ada/gated'))), why(lambda: api.file_exists('ada/gated', 'w.bin'))]
print(json.dumps([of(HfApi(token='${tokens.eve}')), of(HfApi(token=False))]))
`,
        { HF_HUB_DISABLE_XET: xet },
      )
      const refused = (status: number) => {
        const error = ['GatedRepoError', status]
        return [error, error, error, null, 4, error]
      }
      expect(found).toEqual([refused(403), refused(401)])
    }
  })
})
