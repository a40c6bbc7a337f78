import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNetwork, type TestNetwork } from './network.ts'
import { type HubClient, hubClients, pythonOf, runPython } from './python.ts'

const interpreters = new Map<HubClient, string>()
let network: TestNetwork
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-crash-'))
  for (const client of hubClients) interpreters.set(client, await pythonOf(client))
  network = await startNetwork({ models: ['dehug-langid'], workers: 0 })
}, 300_000)

afterAll(async () => {
  await network?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const env = (xet: boolean): Record<string, string> => ({
  HOME: folder,
  HF_HOME: join(folder, 'hf'),
  HF_ENDPOINT: network.hub,
  HF_TOKEN: network.account('carol').token,
  HF_HUB_DISABLE_XET: xet ? '0' : '1',
  HF_HUB_DISABLE_PROGRESS_BARS: '1',
  HF_HUB_DISABLE_TELEMETRY: '1',
})

const run = (script: string, { xet = false, client = hubClients[0] } = {}) =>
  runPython(interpreters.get(client) as string, ['-'], { cwd: folder, env: env(xet), input: script })

const bytesBelow = async (path: string): Promise<number> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(
    entries.map((entry) =>
      entry.isDirectory()
        ? bytesBelow(join(path, entry.name))
        : stat(join(path, entry.name)).then(
            ({ size }) => size,
            () => 0,
          ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Resolves when the hub's disk took so many bytes more; rejects when the upload ended before. */
const received = async (count: number, ended: () => boolean): Promise<void> => {
  const before = await bytesBelow(join(network.home, 'store'))
  while ((await bytesBelow(join(network.home, 'store'))) < before + count) {
    if (ended()) throw new Error('The upload ended before it could be interrupted; make it larger.')
    await delay(10)
  }
}

/** Each repository gets bytes of its own, so that none of them is there already. */
const upload = (repo: string, megabytes: number): string => `
import json, os, hashlib
from huggingface_hub import HfApi
api = HfApi()
api.create_repo("${repo}", exist_ok=True)
api.upload_file(path_or_fileobj=b"acknowledged", path_in_repo="before.txt", repo_id="${repo}")
path = "${repo.replace('/', '-')}.bin"
if not os.path.exists(path):
    open(path, "wb").write(os.urandom(${megabytes} << 20))
api.upload_file(path_or_fileobj=path, path_in_repo="large.bin", repo_id="${repo}")
digest = lambda path: hashlib.sha256(open(path, "rb").read()).hexdigest()
same = digest(api.hf_hub_download("${repo}", "large.bin", force_download=True)) == digest(path)
print(json.dumps({"same": same, "files": api.list_repo_files("${repo}"), "before": open(api.hf_hub_download("${repo}", "before.txt")).read()}))
`

/** Kills the hub while it takes an upload, lets it come back, and uploads again. */
const interrupted = async (client: HubClient, xet: boolean): Promise<void> => {
  const repo = `carol/crash-${client.venv}-${xet ? 'xet' : 'lfs'}`
  let isOver = false
  const first = run(upload(repo, 300), { xet, client }).finally(() => {
    isOver = true
  })
  await received(60 << 20, () => isOver)
  await network.kill('origin', 'SIGKILL')
  await network.ready('origin')
  // The client may have waited for the hub and gone on, or given up; both are right.
  await first
  expect((await run(upload(repo, 300), { xet, client })).lastJson).toEqual({
    same: true,
    files: ['.gitattributes', 'before.txt', 'large.bin'],
    before: 'acknowledged',
  })
}

describe('the hub is killed while a client uploads', () => {
  test.each(hubClients)(
    'behavior: LFS by huggingface_hub $version: the upload is made again, and nothing that was acknowledged is lost',
    async (client) => {
      await interrupted(client, false)
    },
    240_000,
  )

  test.each(hubClients)(
    'behavior: Xet by huggingface_hub $version: the same',
    async (client) => {
      await interrupted(client, true)
    },
    240_000,
  )

  test('behavior: commits: each that was acknowledged is there, each that was not is whole or absent', async () => {
    const script = `
import json, os, time
from huggingface_hub import HfApi, CommitOperationAdd
api = HfApi()
api.create_repo("carol/crash-commits", exist_ok=True)
done, tried = [], 0
while not os.path.exists("enough"):
    try:
        api.create_commit("carol/crash-commits", [CommitOperationAdd(f"{tried}/{n}.txt", f"{tried}".encode() * 1000) for n in range(3)], commit_message=str(tried))
        done.append(tried)
        open("done", "w").write(str(len(done)))
    except Exception:
        time.sleep(0.2)
    tried += 1
files = set(api.list_repo_files("carol/crash-commits"))
whole = all(len([n for n in range(3) if f"{i}/{n}.txt" in files]) in (0, 3) for i in range(tried))
kept = all(f"{i}/0.txt" in files for i in done)
titles = [commit.title for commit in api.list_repo_commits("carol/crash-commits")]
print(json.dumps({"whole": whole, "kept": kept, "told": all(str(i) in titles for i in done)}))
`
    let isOver = false
    const running = run(script).finally(() => {
      isOver = true
    })
    const acknowledged = async () => Number(await readFile(join(folder, 'done'), 'utf8').catch(() => '0'))
    const until = async (count: number) => {
      while (!isOver && (await acknowledged()) < count) await delay(10)
    }
    await until(5)
    await network.kill('origin', 'SIGKILL')
    const before = await acknowledged()
    await network.ready('origin')
    await until(before + 5)
    await writeFile(join(folder, 'enough'), '')
    expect((await running).lastJson).toEqual({ whole: true, kept: true, told: true })
  }, 240_000)
})
