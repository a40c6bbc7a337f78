import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { python } from '../../test/python.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

let hub: TestHub
let interpreter: string
let dir: string
beforeAll(async () => {
  interpreter = await python(['huggingface_hub'])
  hub = await startTestHub()
  dir = await mkdtemp(join(tmpdir(), 'dehug-hf-'))
}, 600_000)
afterAll(async () => {
  await hub?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Runs a script against the hub; it prints one JSON value as its last line. */
const run = async (script: string, env: Record<string, string> = {}): Promise<unknown> => {
  const prelude = `
import json, os
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import *
api = HfApi()
dir = ${JSON.stringify(dir)}
`
  const { stdout } = await promisify(execFile)(interpreter, ['-c', prelude + script], {
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      HF_HOME: join(dir, 'hf'),
      HF_ENDPOINT: hub.url,
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      HF_TOKEN: tokens.ada,
      HF_HUB_DISABLE_XET: '1',
      ...env,
    },
    maxBuffer: 1e7,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string)
}

test('behavior: whoami, create, upload a folder, list, read info, download', async () => {
  await mkdir(join(dir, 'model/sub'), { recursive: true })
  await writeFile(join(dir, 'model/README.md'), '---\nlicense: apache-2.0\npipeline_tag: text-generation\n---\n# Hi\n')
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
