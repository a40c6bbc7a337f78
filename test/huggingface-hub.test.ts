import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HubClient, hubClients, pythonOf, runPython, storyClients } from './python.ts'
import { type PythonHub, startPythonHub } from './python-hub.ts'

let at: PythonHub
const interpreters = new Map<string, string>()

beforeAll(async () => {
  at = await startPythonHub()
  for (const client of hubClients) interpreters.set(client.venv, await pythonOf(client))
  await mkdir(join(at.folder, 'model/sub'), { recursive: true })
  await writeFile(join(at.folder, 'model/README.md'), '---\nlicense: mit\n---\n# Hi\n')
  await writeFile(join(at.folder, 'model/model.safetensors'), Buffer.alloc(12_000_000, 'weights'))
  await writeFile(join(at.folder, 'model/sub/empty.txt'), '')
}, 300_000)

afterAll(async () => {
  await at?.[Symbol.asyncDispose]()
})

const story = (repo: string): string => `
import json, os, hashlib, huggingface_hub
from huggingface_hub import HfApi, hf_hub_download, snapshot_download, CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import HfHubHTTPError, RemoteEntryNotFoundError
api = HfApi()
repo = "ada/${repo}"
api.create_repo(repo)
first = api.upload_folder(folder_path="model", repo_id=repo, commit_message="first")
again = api.upload_folder(folder_path="model", repo_id=repo)
digest = lambda path: hashlib.sha256(open(path, "rb").read()).hexdigest()
weights = hf_hub_download(repo, "model.safetensors")
whole = snapshot_download(repo, ignore_patterns="*.md")
second = api.create_commit(repo, [CommitOperationAdd("b.txt", b"b"), CommitOperationDelete("sub/")], commit_message="second", parent_commit=first.oid)
try:
    api.create_commit(repo, [CommitOperationAdd("c.txt", b"c")], commit_message="late", parent_commit=first.oid)
    late = "taken"
except HfHubHTTPError as error:
    late = error.response.status_code
try:
    hf_hub_download(repo, "sub/empty.txt")
    gone = False
except RemoteEntryNotFoundError:
    gone = True
print(json.dumps({
  "version": huggingface_hub.__version__, "me": api.whoami()["name"], "unchanged": first.oid == again.oid,
  "same": digest(weights) == digest("model/model.safetensors"), "snapshot": sorted(os.listdir(whole)),
  "old": os.path.getsize(hf_hub_download(repo, "sub/empty.txt", revision=first.oid)), "late": late, "gone": gone,
  "files": api.list_repo_files(repo), "titles": [commit.title for commit in api.list_repo_commits(repo)],
}))
`

describe.each(hubClients)('huggingface_hub $version', (client: HubClient) => {
  const { version, venv } = client
  const interpreter = () => interpreters.get(venv) as string

  test('behavior: create, upload, download, edit and lose a race, over every transfer path', async () => {
    for (const path of at.paths) {
      expect(await at.run(interpreter(), story(`${venv}-${path}`), { path })).toEqual({
        version,
        me: 'ada',
        unchanged: true,
        same: true,
        snapshot: ['.gitattributes', 'model.safetensors', 'sub'],
        old: 0,
        late: 412,
        gone: true,
        files: ['.gitattributes', 'README.md', 'b.txt', 'model.safetensors'],
        titles: ['second', 'first', 'initial commit'],
      })
    }
  })

  test.runIf(storyClients.includes(client))('behavior: the hf command line', async () => {
    const hf = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await runPython(join(dirname(interpreter()), 'hf'), args, {
        cwd: at.folder,
        env: at.env(at.paths.at(-1)),
      })
      if (status !== 0) throw new Error(`hf ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`)
      return stdout
    }
    const repo = `ada/cli-${venv}`
    expect(await hf('auth', 'whoami')).toContain('ada')
    await hf('repos', 'create', repo)
    await hf('upload', repo, 'model', '.', '--commit-message', 'by hand')
    await hf('download', repo, '--local-dir', `got-${venv}`)
    expect(await readFile(join(at.folder, `got-${venv}/README.md`), 'utf8')).toContain('license: mit')
    await hf('download', repo)
    expect(await hf('cache', 'ls')).toContain(repo)
    await hf('cache', 'verify', repo)
    expect(await hf('models', 'ls', '--author', 'ada', '--quiet')).toContain(`cli-${venv}`)
    const large = `${repo}-large`
    await hf('repos', 'create', large)
    // The newer line sends large folders by the same command as all others.
    if (version.startsWith('1.')) await hf('upload-large-folder', large, 'model', '--repo-type', 'model', '--no-bars')
    else await hf('upload', large, 'model', '.')
    await hf('cp', `hf://${repo}/model.safetensors`, `hf://${large}/copies/model.safetensors`)
    await hf('download', large, '--local-dir', `large-${venv}`, '--exclude', '*.md')
    const [sent, copied] = ['', 'copies/'].map((path) =>
      readFile(join(at.folder, `large-${venv}/${path}model.safetensors`)),
    )
    expect((await copied)?.equals((await sent) as Buffer)).toBe(true)
    await hf('repos', 'delete', repo, '--yes')
    await expect(hf('download', repo, 'README.md', '--local-dir', `gone-${venv}`)).rejects.toThrow(/not found|404/i)
  })
})

describe('two clients at once', () => {
  test('behavior: of two commits on one parent one lands, the other is told 412 and loses nothing', async () => {
    const interpreter = interpreters.get('hub-2') as string
    await at.run(interpreter, `import huggingface_hub as h; h.create_repo("ada/race"); print("0")`)
    const client = (name: string): Promise<unknown> =>
      at.run(
        interpreter,
        `
import json
from huggingface_hub import HfApi, CommitOperationAdd
from huggingface_hub.errors import HfHubHTTPError
api, refused = HfApi(), 0
for i in range(5):
    add = CommitOperationAdd(f"${name}/{i}.bin", b"${name}" * 10 + bytes([0, i]))
    while True:
        try:
            api.create_commit("ada/race", [add], commit_message=f"${name} {i}", parent_commit=api.model_info("ada/race").sha)
            break
        except HfHubHTTPError as error:
            assert error.response.status_code == 412, error
            refused += 1
print(json.dumps(refused))
`,
      )
    await Promise.all([client('a'), client('b')])
    const found = await at.run(
      interpreter,
      `
import json
from huggingface_hub import HfApi
api = HfApi()
print(json.dumps([len(api.list_repo_files("ada/race")), len(api.list_repo_commits("ada/race"))]))
`,
    )
    expect(found).toEqual([11, 11])
  })
})
