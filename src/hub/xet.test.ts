import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
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
  dir = await mkdtemp(join(tmpdir(), 'dehug-xet-'))
}, 600_000)
afterAll(async () => {
  await hub?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Runs a script with unmodified huggingface_hub and hf_xet; it prints one JSON value as its last line. */
const run = async (script: string, env: Record<string, string> = {}): Promise<unknown> => {
  const prelude = `
import json, os, hashlib, random
from urllib.request import Request, urlopen
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
import hf_xet
api = HfApi()
dir = ${JSON.stringify(dir)}
sha = lambda path: hashlib.sha256(open(path, 'rb').read()).hexdigest()
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
      ...env,
    },
    maxBuffer: 1e7,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string)
}

const bytesIn = async (folder: string): Promise<number> => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    names.filter((name) => name.isFile()).map((name) => stat(join(name.parentPath, name.name))),
  )
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

test('behavior: hf_xet pushes and pulls a file that is kept as chunks', async () => {
  const found = (await run(`
random.seed(1)
data = random.randbytes(20_000_000)
open(dir + '/w.bin', 'wb').write(data)
api.create_repo('xet')
api.upload_file(path_or_fileobj=dir + '/w.bin', path_in_repo='w.bin', repo_id='ada/xet')
info = api.get_paths_info('ada/xet', ['w.bin'])[0]
path = hf_hub_download('ada/xet', 'w.bin', cache_dir=dir + '/c1')
plain = urlopen(Request(os.environ['HF_ENDPOINT'] + '/ada/xet/resolve/main/w.bin', headers={'Range': 'bytes=1000000-1000999'})).read()
print(json.dumps([sha(path) == hashlib.sha256(data).hexdigest(), info.size, info.xet_hash is not None, plain == data[1000000:1001000]]))
`)) as unknown[]
  expect(found).toEqual([true, 20_000_000, true, true])
  expect(await readdir(join(hub.dir, 'store/files')).then((kinds) => kinds.length)).toBeLessThan(3)
})
