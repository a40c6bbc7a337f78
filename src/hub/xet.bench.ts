import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { python, runPython } from '../../test/python.ts'
import { type Nginx, startNginx } from '../store/bench-nginx.ts'
import type { Row } from '../store/store.bench.ts'
import type { HubFacts } from './bench-xet-child.ts'
import { copyXorbs, downloadScript, nullStore, uploadScript } from './bench-xet-limit.ts'
import { tokens } from './start-test-hub.ts'

const fileMiB = 300
const rounds = 3
const revisions = 10
const revisionMiB = 200

type Bench = { dir: string; hub: ChildProcess; facts: HubFacts; interpreter: string }

/** hf_xet to and from the hub against curl to and from nginx, and the disk that revisions of a file take. */
export async function bench(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'xet-bench-'))
  const interpreter = await python(['huggingface_hub'])
  const hub = fork(new URL('./bench-xet-child.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
  const facts = await ask(hub)
  const nginx = await startNginx(dir, nullStore(facts.url, join(dir, 'www')))
  try {
    const started: Bench = { dir, hub, facts, interpreter }
    return [...(await transferRows(started, nginx)), ...(await revisionRows(started))]
  } finally {
    nginx.stop()
    hub.send('stop')
    await once(hub, 'exit')
    await rm(dir, { recursive: true, force: true })
  }
}

type Timed = { seconds: number; cpuSeconds: number; peakRssMiB: number }

async function transferRows(bench: Bench, nginx: Nginx): Promise<Row[]> {
  const { dir } = bench
  const best: Record<string, Timed> = {}
  const keep = (name: string, timed: Timed) => {
    const known = best[name]
    if (!known || timed.seconds < known.seconds) best[name] = timed
  }
  await runScript(bench, `api.create_repo('speed')`)
  for (let round = 0; round < rounds; round++) {
    const file = join(dir, `file-${round}`)
    await writeFile(file, randomBytes(fileMiB * 2 ** 20))
    keep('put', shell(`curl -sf -T ${file} ${nginx.url}/file-${round}`))
    keep(
      'push',
      await timed(
        bench,
        `api.upload_file(path_or_fileobj='${file}', path_in_repo='f${round}.bin', repo_id='ada/speed')`,
      ),
    )
    keep('push limit', await timed(bench, uploadScript(nginx.url, file)))
    await copyXorbs(bench.facts.dir, nginx.root)
    const place = { repo: 'ada/speed', path: `f${round}.bin`, to: `${dir}/got-xet`, size: fileMiB * 2 ** 20 }
    const fetched = await downloadScript({ url: nginx.url, hubUrl: bench.facts.url }, place)
    keep('pull limit', await timed(bench, fetched))
    keep('get', shell(`curl -sf -o ${dir}/got ${nginx.url}/file-${round}`))
    keep('pull', await timed(bench, `hf_hub_download('ada/speed', 'f${round}.bin', cache_dir='${dir}/cache-${round}')`))
    keep('resolve', await curl(bench, `curl -sf -o ${dir}/got ${bench.facts.url}/ada/speed/resolve/main/f${round}.bin`))
    await rm(join(dir, `cache-${round}`), { recursive: true })
    await rm(join(nginx.root, 'xorbs'), { recursive: true })
  }
  const row = (name: string, what: string, limitName: string, limit: string): Row => {
    const one = best[what]!
    const value = fileMiB / one.seconds
    const limitValue = fileMiB / best[limit]!.seconds
    const { cpuSeconds, peakRssMiB } = one
    return { name, value, unit: 'MiB/s', limitName, limitValue, ratio: value / limitValue, cpuSeconds, peakRssMiB }
  }
  return [
    row(`push of ${fileMiB} MiB by hf_xet, with commit`, 'push', 'curl -T to nginx', 'put'),
    row(`  the same to a store that keeps nothing`, 'push limit', 'curl -T to nginx', 'put'),
    row(`pull of ${fileMiB} MiB by hf_xet into its cache`, 'pull', 'curl from nginx', 'get'),
    row(`  the same xorbs as files of nginx`, 'pull limit', 'curl from nginx', 'get'),
    row(`resolve of a file kept as chunks, by curl`, 'resolve', 'curl from nginx', 'get'),
  ]
}

/** Each revision changes 3 to 10 % of the file in scattered blocks and inserts some bytes. */
async function revisionRows(bench: Bench): Promise<Row[]> {
  const before = await diskOf(bench)
  const since = performance.now()
  const cpu = bench.facts.cpuSeconds
  await runScript(
    bench,
    `
import random
random.seed(7)
data = bytearray(random.randbytes(${revisionMiB} << 20))
api.create_repo('revisions')
for revision in range(${revisions}):
  if revision:
    share = random.uniform(0.03, 0.1)
    block = 1 << 20
    for at in random.sample(range(len(data) // block), int(share * len(data) / block)):
      data[at * block:(at + 1) * block] = random.randbytes(block)
    at = random.randrange(len(data))
    data[at:at] = random.randbytes(1000)
  open('${bench.dir}/revision.bin', 'wb').write(data)
  api.upload_file(path_or_fileobj='${bench.dir}/revision.bin', path_in_repo='m.bin', repo_id='ada/revisions')
`,
  )
  const seconds = (performance.now() - since) / 1000
  const facts = await ask(bench.hub)
  const used = ((await diskOf(bench)) - before) / 2 ** 20
  const sum = revisions * revisionMiB
  return [
    {
      name: `disk of ${revisions} revisions of ${revisionMiB} MiB pushed by hf_xet in ${Math.round(seconds)} s`,
      value: used,
      unit: 'MiB',
      limitName: 'sum of sizes',
      limitValue: sum,
      ratio: used / sum,
      cpuSeconds: facts.cpuSeconds - cpu,
      peakRssMiB: facts.peakRssMiB,
    },
  ]
}

async function diskOf({ facts }: Bench): Promise<number> {
  const folder = join(facts.dir, 'store')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Runs Python with huggingface_hub; the first line it prints is the answer. */
async function runScript({ dir, facts, interpreter }: Bench, script: string): Promise<number> {
  const prelude = `
import time, os
from huggingface_hub import HfApi, hf_hub_download
import hf_xet
api = HfApi()
`
  const ran = await runPython(interpreter, ['-c', prelude + script], {
    env: {
      HOME: dir,
      HF_HOME: join(dir, 'hf'),
      HF_ENDPOINT: facts.url,
      HF_TOKEN: tokens.ada,
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
    },
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return Number(ran.stdout.trim().split('\n').at(-1))
}

async function timed(bench: Bench, call: string): Promise<Timed> {
  const before = await ask(bench.hub)
  const seconds = await runScript(bench, `since = time.perf_counter()\n${call}\nprint(time.perf_counter() - since)`)
  const after = await ask(bench.hub)
  return { seconds, cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakRssMiB: after.peakRssMiB }
}

async function curl(bench: Bench, command: string): Promise<Timed> {
  const before = await ask(bench.hub)
  const { seconds } = shell(command)
  const after = await ask(bench.hub)
  return { seconds, cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakRssMiB: after.peakRssMiB }
}

function shell(command: string): Timed {
  const since = performance.now()
  execFileSync('sh', ['-c', command])
  return { seconds: (performance.now() - since) / 1000, cpuSeconds: 0, peakRssMiB: 0 }
}

async function ask(hub: ChildProcess): Promise<HubFacts> {
  hub.send('facts')
  const [facts] = (await once(hub, 'message')) as [HubFacts]
  return facts
}
