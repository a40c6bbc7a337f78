import { type ChildProcess, execFile, fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startNginx } from '../store/bench-nginx.ts'
import { tokens } from './start-test-hub.ts'

/** One line of a benchmark: what was measured against which limit in the same run. */
export type Row = {
  name: string
  value: number
  unit: string
  limitName: string
  limitValue: number
  ratio: number
  cpuSeconds: number
  peakRssMiB: number
}

const rounds = 5
const fileMiB = 300
const largeMiB = 1024
const clients = 8

type State = { rssMiB: number; cpuSeconds: number }
type Hub = { url: string; state(): Promise<State>; stop(): Promise<void> }

/** LFS uploads and `resolve` downloads by curl against nginx, and the hub's memory while eight clients pull at once. */
export async function bench(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'transfer-bench-'))
  const hub = await startHub()
  const nginx = await startNginx(dir)
  try {
    return [...(await speedRows(dir, hub, nginx.url)), await memoryRow(dir, hub)]
  } finally {
    nginx.stop()
    await hub.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function speedRows(dir: string, hub: Hub, nginx: string): Promise<Row[]> {
  const push = { hub: Number.POSITIVE_INFINITY, nginx: Number.POSITIVE_INFINITY }
  const pull = { ...push }
  let name = ''
  const before = await hub.state()
  for (let round = 0; round < rounds; round++) {
    const file = join(dir, `file-${round}`)
    const sha256 = await makeFile(file, fileMiB)
    name = `file-${round}.bin`
    push.nginx = Math.min(push.nginx, await curl('-T', file, `${nginx}/put-${round}`))
    const href = await uploadLink(hub, sha256, fileMiB * 2 ** 20)
    push.hub = Math.min(push.hub, await curl('-T', file, href))
    await commit(hub, name, sha256, fileMiB * 2 ** 20)
    const to = join(dir, 'pulled')
    pull.nginx = Math.min(pull.nginx, await curl('-o', to, `${nginx}/put-${round}`))
    pull.hub = Math.min(pull.hub, await curl('-o', to, `${hub.url}/ada/bench/resolve/main/${name}`))
    await rm(file)
  }
  const after = await hub.state()
  const row = (what: string, limitName: string, seconds: typeof push): Row => ({
    name: what,
    value: fileMiB / seconds.hub,
    unit: 'MiB/s',
    limitName,
    limitValue: fileMiB / seconds.nginx,
    ratio: seconds.nginx / seconds.hub,
    cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / rounds,
    peakRssMiB: after.rssMiB,
  })
  return [
    row(`push of ${fileMiB} MiB through LFS basic, verified and durable`, 'nginx PUT (dav)', push),
    row(`pull of ${fileMiB} MiB through resolve`, 'nginx GET', pull),
  ]
}

async function memoryRow(dir: string, hub: Hub): Promise<Row> {
  const file = join(dir, 'large')
  const sha256 = await makeFile(file, largeMiB)
  await curl('-T', file, await uploadLink(hub, sha256, largeMiB * 2 ** 20))
  await commit(hub, 'large.bin', sha256, largeMiB * 2 ** 20)
  await rm(file)
  const before = await hub.state()
  let peak = before.rssMiB
  let done = false
  const since = performance.now()
  const pulls = Promise.all(
    Array.from({ length: clients }, () => curl('-o', '/dev/null', `${hub.url}/ada/bench/resolve/main/large.bin`)),
  ).finally(() => {
    done = true
  })
  while (!done) {
    peak = Math.max(peak, (await hub.state()).rssMiB)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await pulls
  const after = await hub.state()
  return {
    name: `memory of the hub while ${clients} clients pull ${largeMiB} MiB each (${Math.round((clients * largeMiB * 1000) / (performance.now() - since))} MiB/s together)`,
    value: peak - before.rssMiB,
    unit: 'MiB more',
    limitName: 'allowed growth',
    limitValue: 50,
    ratio: (peak - before.rssMiB) / 50,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    peakRssMiB: peak,
  }
}

/** Seconds of one transfer, as curl measures it. */
async function curl(...args: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)('curl', ['-sSf', '-w', '\n%{time_total}', ...args])
  return Number(stdout.trim().split('\n').at(-1))
}

async function startHub(): Promise<Hub> {
  const child: ChildProcess = fork(new URL('./bench-transfer-hub.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
  })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  const state = async (): Promise<State> => {
    child.send('state')
    return ((await once(child, 'message')) as [State])[0]
  }
  const stop = async () => {
    child.send('stop')
    await once(child, 'exit')
  }
  await post(url, '/api/repos/create', 'application/json', { name: 'bench' })
  return { url, state, stop }
}

async function post(origin: string, path: string, type: string, ...values: object[]): Promise<unknown> {
  const answer = await fetch(origin + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.ada}`, 'content-type': type },
    body: values.map((value) => JSON.stringify(value)).join('\n'),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

async function uploadLink(hub: Hub, oid: string, size: number): Promise<string> {
  const wish = { operation: 'upload', transfers: ['basic'], objects: [{ oid, size }] }
  const path = '/ada/bench.git/info/lfs/objects/batch'
  const answer = await post(hub.url, path, 'application/vnd.git-lfs+json', wish)
  return (answer as { objects: { actions: { upload: { href: string } } }[] }).objects[0]?.actions.upload.href ?? ''
}

async function commit(hub: Hub, path: string, oid: string, size: number): Promise<void> {
  const header = { key: 'header', value: { summary: path } }
  const line = { key: 'lfsFile', value: { path, algo: 'sha256', oid, size } }
  await post(hub.url, '/api/models/ada/bench/commit/main', 'application/x-ndjson', header, line)
}

async function makeFile(path: string, sizeMiB: number): Promise<string> {
  const file = await open(path, 'w')
  for (let i = 0; i < sizeMiB; i++) await file.write(randomBytes(2 ** 20))
  await file.sync()
  await file.close()
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(piece)
  return hash.digest('hex')
}
