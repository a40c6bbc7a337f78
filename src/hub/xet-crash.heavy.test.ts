import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubClients, pythonOf } from '../../test/python.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

let base: TestHub
let hub: ChildProcess
let port: number
let interpreter: string
let dir: string

/** A second hub on the database and the store of the first. */
const startHub = async (): Promise<ChildProcess> => {
  const child = fork(new URL('./testing/hub-child.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      DATABASE_URL: base.databaseUrl,
      DEHUG_STORE: join(base.dir, 'store'),
      DEHUG_HUB_PORT: String(port),
    },
  })
  await once(child, 'message')
  return child
}

beforeAll(async () => {
  interpreter = await pythonOf(hubClients[0])
  base = await startTestHub()
  dir = await mkdtemp(join(tmpdir(), 'xet-crash-'))
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as { port: number }).port
  server.close()
  hub = await startHub()
}, 600_000)
afterAll(async () => {
  hub?.kill('SIGKILL')
  await base?.stop()
  await rm(dir, { recursive: true, force: true })
})

const script = (name: string) => `
import os, hashlib, random
from huggingface_hub import HfApi, hf_hub_download
import hf_xet
api = HfApi()
random.seed('${name}')
path = '${dir}/${name}.bin'
if not os.path.exists(path): open(path, 'wb').write(random.randbytes(150 << 20))
api.create_repo('${name}', exist_ok=True)
print('begin', flush=True)
api.upload_file(path_or_fileobj=path, path_in_repo='w.bin', repo_id='ada/${name}')
got = hf_hub_download('ada/${name}', 'w.bin', cache_dir='${dir}/cache')
sha = lambda p: hashlib.sha256(open(p, 'rb').read()).hexdigest()
print('same' if sha(got) == sha(path) else 'different', flush=True)
`

const run = (name: string) => {
  const child = spawn(interpreter, ['-c', script(name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      HF_HOME: join(dir, 'hf'),
      HF_ENDPOINT: `http://127.0.0.1:${port}`,
      HF_TOKEN: tokens.ada,
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
    },
  })
  let output = ''
  child.stdout.on('data', (piece) => {
    output += piece
  })
  return { child, output: () => output.trim().split('\n').at(-1) }
}

/** Waits until the store has one xorb more, so that the upload is in its middle. */
const midUpload = async (): Promise<void> => {
  const count = async () => (await readdir(join(base.dir, 'store/xorbs'), { recursive: true })).length
  const before = await count()
  while ((await count()) === before) await delay(5)
}

test('behavior: the hub is killed during an upload and comes back; the client goes on', async () => {
  const { child, output } = run('hub-dies')
  const exit = once(child, 'exit')
  await midUpload()
  hub.kill('SIGKILL')
  await once(hub, 'exit')
  hub = await startHub()
  expect(await exit).toEqual([0, null])
  expect(output()).toBe('same')
}, 300_000)

test('behavior: the client is killed during an upload; the next try goes on', async () => {
  const first = run('client-dies')
  await midUpload()
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = run('client-dies')
  expect(await once(second.child, 'exit')).toEqual([0, null])
  expect(second.output()).toBe('same')
  expect(await readdir(join(base.dir, 'store/tmp'))).toEqual([])
}, 300_000)
