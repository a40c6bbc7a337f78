import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as hf from '@huggingface/hub'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { python, runPython } from '../../test/python.ts'
import { file, header, problem, startHubClient } from './hub-client.ts'
import { tokens } from './start-test-hub.ts'

type Hub = Awaited<ReturnType<typeof startHubClient>>
let hub: Hub
let interpreter: string
let dir: string
beforeAll(async () => {
  interpreter = await python(['huggingface_hub'])
  hub = await startHubClient()
  dir = await mkdtemp(join(tmpdir(), 'dehug-access-'))
}, 600_000)
afterAll(async () => {
  await hub?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Runs a script with one `HfApi` for each person; it prints one JSON value as its last line. */
const run = async (script: string): Promise<unknown> => {
  const prelude = `
import json, os
from huggingface_hub import HfApi
from huggingface_hub.errors import *
ada, bob, eve, nobody = [HfApi(token=token) for token in (${JSON.stringify(tokens.ada)}, ${JSON.stringify(tokens.bob)}, ${JSON.stringify(tokens.eve)}, False)]
def fails(work):
    try: work()
    except Exception as error: return [type(error).__name__, getattr(getattr(error, 'response', None), 'status_code', None)]
def download(api, repo, name, **rest):
    return open(api.hf_hub_download(repo, name, cache_dir=os.path.join(${JSON.stringify(dir)}, os.urandom(4).hex()), **rest), 'rb').read().decode()
`
  const env = { HOME: dir, HF_HOME: join(dir, 'hf'), HF_ENDPOINT: hub.url, HF_HUB_DISABLE_PROGRESS_BARS: '1' }
  return (await runPython(interpreter, ['-c', prelude + script], { env })).lastJson
}

const create = (name: string, fields: object = {}, token?: string) =>
  hub.json('POST', '/api/repos/create', { name, ...fields }, token)

test('behavior: huggingface_hub creates with every field, moves, and old names lead on for ever', async () => {
  const found = await run(`
url = ada.create_repo('ada/first', private=True)
ada.create_repo('ada/app', repo_type='space', space_sdk='gradio')
ada.upload_file(path_or_fileobj=b'hello', path_in_repo='a.txt', repo_id='ada/first')
ada.move_repo('ada/first', 'ada/second')
ada.move_repo('ada/second', 'lab/third')
taken = fails(lambda: ada.create_repo('ada/first'))
ada.create_repo('ada/other')
clash = fails(lambda: ada.move_repo('ada/other', 'lab/third'))
foreign = fails(lambda: eve.move_repo('ada/open', 'Eve/open'))
refused = fails(lambda: bob.move_repo('lab/third', 'bob/third'))
print(json.dumps([str(url), ada.model_info('ada/first').id, download(ada, 'ada/second', 'a.txt'), bob.model_info('lab/third').private,
  taken, clash, foreign, refused, fails(lambda: eve.model_info('ada/first')), fails(lambda: nobody.model_info('ada/first')),
  ada.space_info('ada/app').card_data.sdk]))
`)
  expect(found).toEqual([
    `${hub.url}/ada/first`,
    'lab/third',
    'hello',
    true,
    ['HfHubHTTPError', 409],
    ['HfHubHTTPError', 409],
    ['HfHubHTTPError', 403],
    ['HfHubHTTPError', 403],
    ['RepositoryNotFoundError', 404],
    ['RepositoryNotFoundError', 401],
    'gradio',
  ])
})

test('behavior: a fork has the history and files of its source without another copy, and says where it comes from', async () => {
  const before = await bytesStored()
  const found = (await run(`
ada.create_repo('ada/base')
ada.upload_file(path_or_fileobj=b'---\\nbase_model: ada/open\\n---\\n', path_in_repo='README.md', repo_id='ada/base')
ada.upload_file(path_or_fileobj=os.urandom(3_000_000), path_in_repo='model.safetensors', repo_id='ada/base')
ada.create_tag('ada/base', tag='v1')
url = eve.duplicate_repo('ada/base', 'Eve/forked')
again = eve.duplicate_repo('ada/base', 'Eve/forked', exist_ok=True)
base, fork = ada.model_info('ada/base'), eve.model_info('Eve/forked')
ada.delete_repo('ada/base')
print(json.dumps({'url': str(url), 'again': str(again), 'base': base.sha, 'sha': fork.sha, 'forkOf': fork.dehug['forkOf'], 'card': fork.card_data.base_model,
  'tags': [ref.name for ref in eve.list_repo_refs('Eve/forked').tags], 'commits': len(eve.list_repo_commits('Eve/forked')),
  'size': os.path.getsize(eve.hf_hub_download('Eve/forked', 'model.safetensors')), 'later': eve.model_info('Eve/forked').dehug.get('forkOf')}))
`)) as Record<string, unknown>
  expect(found).toEqual({
    url: `${hub.url}/Eve/forked`,
    again: `${hub.url}/Eve/forked`,
    base: found.sha,
    sha: found.sha,
    forkOf: { repo: 'model:ada/base', commit: found.sha, root: null, visibility: 'public' },
    card: 'ada/open',
    tags: ['v1'],
    commits: 3,
    size: 3_000_000,
    later: null,
  })
  expect((await bytesStored()) - before).toBeLessThan(4_000_000)
})

const bytesStored = async (): Promise<number> => {
  const entries = await readdir(join(hub.dir, 'store'), { recursive: true, withFileTypes: true })
  const sizes = entries.map(async (entry) =>
    entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0,
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
