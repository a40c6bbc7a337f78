import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storyClients } from '../../test/python.ts'
import { GitObject } from '../catalog/index.ts'
import { type TestHub, tokens } from './start-test-hub.ts'
import { type HubStory, startHubStory } from './test-huggingface.ts'

const prelude = `
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import *
api = HfApi()
`

describe.each(storyClients)('huggingface_hub $version', (client) => {
  let hub: TestHub
  let dir: string
  let run: HubStory['run']
  beforeAll(async () => {
    ;({ hub, dir, run } = await startHubStory(client, prelude))
  }, 600_000)
  afterAll(() => hub?.stop())

  test('behavior: whoami, create, upload a folder, list, read info, download', async () => {
    await mkdir(join(dir, 'model/sub'), { recursive: true })
    await writeFile(
      join(dir, 'model/README.md'),
      '---\nlicense: apache-2.0\npipeline_tag: text-generation\n---\n# Hi\n',
    )
    await writeFile(join(dir, 'model/config.json'), '{"model_type":"llama","architectures":["LlamaForCausalLM"]}')
    await writeFile(join(dir, 'model/model.safetensors'), Buffer.alloc(3_000_000, 7))
    await writeFile(join(dir, 'model/sub/empty.txt'), '')
    const found = await run(`
me = api.whoami()
url = api.create_repo('tiny')
again = api.create_repo('tiny', exist_ok=True)
commit = api.upload_folder(folder_path=dir + '/model', repo_id='ada/tiny', commit_message='first files')
noop = api.upload_folder(folder_path=dir + '/model', repo_id='ada/tiny')
info = api.model_info('ada/tiny', files_metadata=True)
tree = list(api.list_repo_tree('ada/tiny', recursive=True, expand=True))
local = snapshot_download('ada/tiny')
one = hf_hub_download('ada/tiny', 'model.safetensors', local_dir=dir + '/one')
print(json.dumps({
  'me': [me['name'], [o['name'] for o in me['orgs']], me['auth']['accessToken']['role']],
  'url': [str(url), url.repo_id, str(again)],
  'same': commit.oid == noop.oid == info.sha,
  'files': api.list_repo_files('ada/tiny'),
  'info': [info.id, info.author, info.private, info.pipeline_tag, info.library_name, info.card_data.license, info.config['model_type']],
  'lfs': [[s.rfilename, s.size, s.lfs.sha256 if s.lfs else None] for s in info.siblings],
  'tree': [[t.path, type(t).__name__, t.last_commit.title] for t in tree],
  'local': sorted(os.path.relpath(os.path.join(r, f), local) for r, _, fs in os.walk(local) for f in fs),
  'bytes': [os.path.getsize(one), open(one, 'rb').read(1)[0]],
  'exists': [api.file_exists('ada/tiny', 'sub/empty.txt'), api.file_exists('ada/tiny', 'nope'), api.repo_exists('ada/nope')],
  'commits': [c.title for c in api.list_repo_commits('ada/tiny')],
  'refs': [b.name for b in api.list_repo_refs('ada/tiny').branches],
}))
`)
    expect(found).toMatchObject({
      me: ['ada', ['lab'], 'write'],
      url: [`${hub.url}/ada/tiny`, 'ada/tiny', `${hub.url}/ada/tiny`],
      same: true,
      files: ['.gitattributes', 'README.md', 'config.json', 'model.safetensors', 'sub/empty.txt'],
      info: ['ada/tiny', 'ada', false, 'text-generation', 'transformers', 'apache-2.0', 'llama'],
      tree: [
        ['.gitattributes', 'RepoFile', 'initial commit'],
        ['README.md', 'RepoFile', 'first files'],
        ['config.json', 'RepoFile', 'first files'],
        ['model.safetensors', 'RepoFile', 'first files'],
        ['sub', 'RepoFolder', 'first files'],
        ['sub/empty.txt', 'RepoFile', 'first files'],
      ],
      local: ['.gitattributes', 'README.md', 'config.json', 'model.safetensors', 'sub/empty.txt'],
      bytes: [3_000_000, 7],
      exists: [true, false, false],
      commits: ['first files', 'initial commit'],
      refs: ['main'],
    })
  })

  test('behavior: downloads with and without Xet are the same, and counted', async () => {
    const found = await run(
      `
path = hf_hub_download('ada/tiny', 'model.safetensors', cache_dir=dir + '/default')
local = snapshot_download('ada/tiny', cache_dir=dir + '/default', revision=api.model_info('ada/tiny').sha)
print(json.dumps([os.path.getsize(path), sorted(os.listdir(local))]))
`,
      { HF_HUB_DISABLE_XET: '1' },
    )
    expect(found).toEqual([3_000_000, ['.gitattributes', 'README.md', 'config.json', 'model.safetensors', 'sub']])
    await hub.context.downloads.flush()
    expect(await run(`print(json.dumps(api.model_info('ada/tiny').downloads))`)).toBeGreaterThan(0)
  })

  test('behavior: single files, deletions, copies, compare-and-swap, data sets', async () => {
    const found = await run(`
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
api.create_repo('edit', repo_type='dataset')
def oid(): return api.dataset_info('ada/edit').sha
api.upload_file(path_or_fileobj=b'a,b\\n1,2\\n', path_in_repo='data/train.csv', repo_id='ada/edit', repo_type='dataset')
api.upload_file(path_or_fileobj=os.urandom(200000), path_in_repo='w.bin', repo_id='ada/edit', repo_type='dataset')
old = oid()
api.create_commit('ada/edit', [
  CommitOperationCopy('w.bin', 'copy/w.bin'), CommitOperationAdd('x/y.txt', b'y'), CommitOperationDelete('data/', is_folder=True),
], commit_message='many', commit_description='more words', repo_type='dataset')
try:
  api.create_commit('ada/edit', [CommitOperationAdd('late', b'1')], commit_message='late', parent_commit=old, repo_type='dataset'); late = 'made'
except HfHubHTTPError as e: late = e.response.status_code
files = api.list_repo_files('ada/edit', repo_type='dataset')
api.delete_file('w.bin', 'ada/edit', repo_type='dataset')
api.delete_folder('copy', 'ada/edit', repo_type='dataset')
print(json.dumps({'late': late, 'files': files, 'left': api.list_repo_files('ada/edit', repo_type='dataset'),
  'old': api.list_repo_files('ada/edit', repo_type='dataset', revision=old),
  'commits': [[c.title, c.message] for c in api.list_repo_commits('ada/edit', repo_type='dataset')][:3]}))
`)
    expect(found).toEqual({
      late: 412,
      files: ['.gitattributes', 'copy/w.bin', 'w.bin', 'x/y.txt'],
      left: ['.gitattributes', 'x/y.txt'],
      old: ['.gitattributes', 'data/train.csv', 'w.bin'],
      commits: [
        ['Delete folder copy with huggingface_hub', ''],
        ['Delete w.bin with huggingface_hub', ''],
        ['many', 'more words'],
      ],
    })
  })

  test('behavior: the errors have the classes people catch', async () => {
    const found = await run(`
import huggingface_hub
def name(f):
  try: f(); return None
  except Exception as e: return type(e).__name__
eve = HfApi(token='${tokens.eve}'); nobody = HfApi(token=False)
api.create_repo('hidden', private=True)
api.upload_file(path_or_fileobj=b'x', path_in_repo='config.json', repo_id='ada/hidden')
print(json.dumps([
  name(lambda: api.model_info('ada/nope')), name(lambda: nobody.model_info('ada/hidden')), name(lambda: eve.model_info('ada/hidden')),
  name(lambda: hf_hub_download('ada/hidden', 'config.json', token='${tokens.eve}')),
  name(lambda: hf_hub_download('ada/hidden', 'config.json', token=False)),
  name(lambda: hf_hub_download('ada/tiny', 'nope.txt')), name(lambda: hf_hub_download('ada/tiny', 'config.json', revision='nope')),
  name(lambda: api.model_info('ada/tiny', revision='nope')), name(lambda: eve.upload_file(path_or_fileobj=b'x', path_in_repo='x', repo_id='ada/tiny')),
  name(lambda: HfApi(token='hf_bad').whoami()), name(lambda: HfApi(token='hf_bad').model_info('ada/tiny')),
  name(lambda: api.upload_file(path_or_fileobj=b'x', path_in_repo='a\\\\..\\\\b', repo_id='ada/tiny')),
  api.file_exists('ada/hidden', 'config.json'), open(hf_hub_download('ada/hidden', 'config.json')).read(),
]))
`)
    expect(found).toEqual([
      'RepositoryNotFoundError',
      'RepositoryNotFoundError',
      'RepositoryNotFoundError',
      'RepositoryNotFoundError',
      'RepositoryNotFoundError',
      'RemoteEntryNotFoundError',
      'RevisionNotFoundError',
      'RevisionNotFoundError',
      'HfHubHTTPError',
      'HfHubHTTPError',
      'HfHubHTTPError',
      'HfHubHTTPError',
      true,
      'x',
    ])
  })

  test('behavior: many files arrive, are listed in pages and found by search', async () => {
    await mkdir(join(dir, 'many'), { recursive: true })
    await Promise.all(Array.from({ length: 150 }, (_, i) => writeFile(join(dir, `many/f${i}.txt`), `${i}`)))
    const found = await run(`
api.create_repo('lab/many')
api.upload_folder(folder_path=dir + '/many', repo_id='lab/many')
pages = list(api.list_repo_tree('lab/many', recursive=True))
local = snapshot_download('lab/many', allow_patterns=['f1*.txt'])
names = [m.id for m in api.list_models(author='lab')]
print(json.dumps([len(pages), len(os.listdir(local)), names, [m.id for m in api.list_models(search='TINY')], [m.id for m in api.list_models(filter='license:apache-2.0', limit=1)]]))
api.delete_repo('lab/many')
`)
    expect(found).toEqual([151, 61, ['lab/many'], ['ada/tiny'], ['ada/tiny']])
  })

  test.runIf(spawnSync('git', ['--version']).status === 0)(
    'behavior: what was pushed is a git repository that fsck accepts',
    async () => {
      const git = (args: string[], input?: Uint8Array) =>
        execFileSync('git', args, { cwd: join(dir, 'clone'), input, encoding: 'utf8' }).trim()
      await mkdir(join(dir, 'clone'))
      git(['init', '-q'])
      const { pool } = hub.context.catalog
      const { rows } = await pool.query(
        `select o.* from catalog.git_objects o join catalog.repos r on r.id = o.repo_id where r.key = 'dataset:ada/edit'`,
      )
      for (const { oid, kind, bytes } of rows)
        expect(git(['hash-object', '-w', '-t', kind, '--literally', '--stdin'], bytes)).toBe(oid)
      const { rows: blobs } = await pool.query(
        `select b.* from catalog.blobs b join catalog.repos r on r.id = b.repo_id where r.key = 'dataset:ada/edit'`,
      )
      for (const blob of blobs) {
        const bytes = blob.lfs
          ? GitObject.lfsPointer(blob.sha256, Number(blob.size))
          : await readFile(await hub.context.store.path(blob.cid))
        expect(git(['hash-object', '-w', '--stdin'], bytes)).toBe(blob.oid)
      }
      const { rows: heads } = await pool.query(`select head from catalog.repos where key = 'dataset:ada/edit'`)
      git(['update-ref', 'refs/heads/main', heads[0].head])
      expect(git(['fsck', '--strict', '--full'])).toBe('')
      expect(git(['ls-tree', '-r', '--name-only', 'main']).split('\n')).toEqual(['.gitattributes', 'x/y.txt'])
      expect(git(['log', '--format=%an %s', 'main']).split('\n').length).toBe(6)
    },
  )
})
