import { readdir, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storyClients } from '../../test/python.ts'
import { type TestHub, tokens } from './start-test-hub.ts'
import { type HubStory, startHubStory } from './test-huggingface.ts'

const prelude = `
import io, random
from huggingface_hub import HfApi, CommitOperationAdd, CommitOperationCopy
api = HfApi(); bob = HfApi(token='${tokens.bob}'); eve = HfApi(token='${tokens.eve}')
def why(f):
    try: f(); return 'fine'
    except Exception as e: return [type(e).__name__, getattr(getattr(e, 'response', None), 'status_code', None)]
def read(path, repo, **more): return open(api.hf_hub_download(repo, path, **more), 'rb').read()
random.seed(1)
big, small = random.randbytes(2_500_000), random.randbytes(300_000)
`

describe.each(storyClients)('large files of huggingface_hub $version', (client) => {
  let hub: TestHub
  let run: HubStory['run']
  /** Method and path of what came in; links are shortened to `…`. */
  let asked: string[] = []

  beforeAll(async () => {
    const parts = { limits: { multipartBytes: 1_000_000, partBytes: 400_000 } }
    ;({ hub, run } = await startHubStory(client, prelude, { parts, env: { HF_HUB_DISABLE_XET: '1' } }))
    hub.app.server.prependListener('request', ({ method, url = '' }: IncomingMessage) => {
      asked.push(`${method} ${url.replace(/uploads\/[^/]+/, 'uploads/…')}`)
    })
  }, 600_000)
  afterAll(() => hub?.stop())

  const sent = () => asked.filter((line) => line.includes('/uploads/')).sort()
  const bytesStored = async (): Promise<number> => {
    const entries = await readdir(join(hub.dir, 'store'), { recursive: true, withFileTypes: true })
    const sizes = entries.map(async (entry) =>
      entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0,
    )
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }

  test('behavior: a large file is sent in parts, once, and a part whose connection broke again', async () => {
    let broken = 0
    const breakOnce = ({ url = '', socket }: IncomingMessage) => {
      if (broken > 0 || !url.endsWith('/3')) return
      broken += 1
      socket.destroy()
    }
    hub.app.server.prependListener('request', breakOnce)
    const found = await run(`
api.create_repo('parts')
open(dir + '/w.bin', 'wb').write(big)
api.upload_file(path_or_fileobj=dir + '/w.bin', path_in_repo='w.bin', repo_id='ada/parts')
print(json.dumps(read('w.bin', 'ada/parts') == big))
`)
    hub.app.server.off('request', breakOnce)
    expect([found, broken]).toEqual([true, 1])
    expect([...new Set(sent())]).toEqual([
      'POST /api/dehug/uploads/…',
      ...Array.from({ length: 7 }, (_, i) => `PUT /api/dehug/uploads/…/${i + 1}`),
    ])
    expect(await readdir(hub.context.store.partialDir)).toEqual([])
    asked = []
    const again = await run(`
api.upload_file(path_or_fileobj=big, path_in_repo='sub/again.bin', repo_id='ada/parts')
api.upload_file(path_or_fileobj=small, path_in_repo='small.bin', repo_id='ada/parts')
print(json.dumps([read('sub/again.bin', 'ada/parts') == big, read('small.bin', 'ada/parts') == small]))
`)
    expect([again, sent()]).toEqual([[true, true], ['PUT /api/dehug/uploads/…']])
  })

  test('behavior: an open file goes by LFS also where Xet is on', async () => {
    asked = []
    const found = await run(
      `
api.create_repo('streams')
api.upload_file(path_or_fileobj=io.BytesIO(big + b'1'), path_in_repo='w.bin', repo_id='ada/streams')
print(json.dumps(read('w.bin', 'ada/streams') == big + b'1'))
`,
      { HF_HUB_DISABLE_XET: '0' },
    )
    expect(found).toBe(true)
    expect(sent().at(-1)).toBe('PUT /api/dehug/uploads/…/7')
  })

  test('behavior: files of other repositories are copied without their bytes, whichever way they came', async () => {
    await run(
      `
api.create_repo('from')
api.create_commit('ada/from', [CommitOperationAdd('whole/w.bin', big + b'2'), CommitOperationAdd('a.txt', b'text')], commit_message='by LFS')
print(0)`,
    )
    await run(
      `
api.upload_file(path_or_fileobj=big + b'3', path_in_repo='chunked/w.bin', repo_id='ada/from')
print(0)`,
      { HF_HUB_DISABLE_XET: '0' },
    )
    const before = await bytesStored()
    asked = []
    const found = await run(`
api.create_repo('to', repo_type='dataset')
of = dict(src_repo_id='ada/from', src_repo_type='model')
api.create_commit('ada/to', [CommitOperationCopy('whole/w.bin', 'w.bin', **of), CommitOperationCopy('chunked/w.bin', 'c.bin', src_revision='main', **of), CommitOperationCopy('a.txt', 'b.txt', **of)],
  commit_message='copies', repo_type='dataset')
api.create_repo('folder')
api.copy_files('hf://ada/from/', 'hf://ada/folder/')
print(json.dumps([read('w.bin', 'ada/to', repo_type='dataset') == big + b'2', read('c.bin', 'ada/to', repo_type='dataset') == big + b'3', read('b.txt', 'ada/to', repo_type='dataset').decode(),
  sorted(api.list_repo_files('ada/folder')), read('whole/w.bin', 'ada/folder') == big + b'2']))
`)
    expect(found).toEqual([true, true, 'text', ['.gitattributes', 'a.txt', 'chunked/w.bin', 'whole/w.bin'], true])
    expect(sent()).toEqual([])
    expect((await bytesStored()) - before).toBeLessThan(100_000)
    // A snapshot goes by the listing of the tree, where only real hashes may stand.
    const snapshot = await run(
      `
from huggingface_hub import snapshot_download
at = snapshot_download('ada/folder', cache_dir=dir + '/snapshot')
print(json.dumps([open(at + f'/{kind}/w.bin', 'rb').read() == big + end for kind, end in (('whole', b'2'), ('chunked', b'3'))]))
`,
      { HF_HUB_DISABLE_XET: '0' },
    )
    expect(snapshot).toEqual([true, true])
  })

  test('error: nothing is copied from where one may not read, nor to where one may not write', async () => {
    const found = await run(`
api.create_repo('hidden', private=True); api.create_repo('gated'); eve.create_repo('mine')
for repo in ('ada/hidden', 'ada/gated'): api.upload_file(path_or_fileobj=big + repo.encode(), path_in_repo='w.bin', repo_id=repo)
api.update_repo_settings('ada/gated', gated='manual')
copy = lambda who, source, target: why(lambda: who.create_commit(target, [CommitOperationCopy('w.bin', 'x.bin', src_repo_id=source, src_repo_type='model')], commit_message='copy'))
digest = lambda repo: api.get_paths_info(repo, ['w.bin'])[0].lfs.sha256
def named(source, name):
    import urllib.request
    body = json.dumps({'target': {'type': 'model', 'name': 'Eve/mine'}, 'files': [{'sha256': digest(name), 'xetHash': '0' * 64, 'filename': 'x'}]}).encode()
    request = urllib.request.Request(os.environ['HF_ENDPOINT'] + '/api/models/' + source + '/lfs-files/duplicate', body, {'authorization': 'Bearer ${tokens.eve}', 'content-type': 'application/json'})
    return len(json.load(urllib.request.urlopen(request))['failed'])
print(json.dumps([copy(eve, 'ada/hidden', 'Eve/mine'), copy(eve, 'ada/gated', 'Eve/mine'), copy(eve, 'ada/parts', 'ada/from'), copy(eve, 'ada/parts', 'ada/hidden'),
  named('Eve/mine', 'ada/hidden'), copy(eve, 'ada/parts', 'Eve/mine'), eve.list_repo_files('Eve/mine')]))
`)
    expect(found).toEqual([
      ['RepositoryNotFoundError', 404],
      ['GatedRepoError', 403],
      ['HfHubHTTPError', 403],
      ['RepositoryNotFoundError', 404],
      1,
      'fine',
      ['.gitattributes', 'x.bin'],
    ])
  })
})
