import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { link, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job, Measured } from './bench-child.ts'
import { hasNginx, type Nginx, startNginx } from './bench-nginx.ts'

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

const fileMiB = 1024
const rounds = 3

/** Ingest against one plain SHA-256 pass, and a verified pull against nginx piped through sha256sum; 1 GiB each. */
export async function bench(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'store-bench-'))
  const file = join(dir, 'file')
  try {
    await makeFile(file)
    return [...(await ingestRows(dir, file)), ...(await pullRows(dir, file)), await smallRow(dir)]
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function ingestRows(dir: string, file: string): Promise<Row[]> {
  const limit = bestOf()
  const digest = bestOf()
  const put = bestOf()
  const adopt = bestOf()
  for (let round = 0; round < rounds; round++) {
    limit.add(await measure({ kind: 'sha256', file }))
    digest.add(await measure({ kind: 'digest', file }))
    const stores = join(dir, `ingest-${round}`)
    put.add(await measure({ kind: 'put', file, dir: join(stores, 'put') }))
    await link(file, join(stores, 'given'))
    adopt.add(await measure({ kind: 'adopt', file: join(stores, 'given'), dir: join(stores, 'adopt') }))
    await rm(stores, { recursive: true })
  }
  const against = (name: string, best: Measured) => row(name, best, 'node createHash(sha256), one pass', limit.best())
  return [
    against('ingest 1 GiB: chunk digests, CID and SHA-256 of a file', digest.best()),
    against('ingest 1 GiB: the same, file moved into the store, durable', adopt.best()),
    against('ingest 1 GiB: the same, stream written into the store, durable', put.best()),
  ]
}

async function pullRows(dir: string, file: string): Promise<Row[]> {
  const served = join(dir, 'served')
  const { answer: cid } = await measure({ kind: 'put', file, dir: served })
  const gateway = start()
  const { answer: source } = await ask(gateway, { kind: 'serve', dir: served })
  const nginx = await serveByNginx(dir, file)
  try {
    const pull = bestOf()
    const fromNginx = bestOf()
    const limit = bestOf()
    for (let round = 0; round < rounds; round++) {
      if (nginx) limit.add(shell(`curl -s ${nginx.url}/file | sha256sum`))
      pull.add(await measure({ kind: 'pull', cid, source, to: join(dir, 'pulled') }))
      if (nginx)
        fromNginx.add(
          await measure({ kind: 'pull', cid, source: await frontOf(nginx, source, cid), to: join(dir, 'pulled') }),
        )
    }
    const name = nginx ? 'nginx | curl | sha256sum' : 'skipped: nginx or curl is not installed'
    const against = (what: string, best: Measured) => row(what, best, name, nginx ? limit.best() : best)
    const rows = [against('verified pull of 1 GiB over HTTP from the store gateway, written to disk', pull.best())]
    if (nginx)
      rows.push(against('verified pull of 1 GiB over HTTP, chunks by nginx, written to disk', fromNginx.best()))
    return rows
  } finally {
    gateway.kill('SIGKILL')
    nginx?.stop()
  }
}

async function smallRow(dir: string): Promise<Row> {
  const count = 5000
  const measured = await measure({ kind: 'small', count, dir: join(dir, 'small') })
  const perSecond = count / measured.seconds
  return {
    name: 'small files put, 16 at a time, each durable',
    value: perSecond,
    unit: 'files/s',
    limitName: 'none',
    limitValue: perSecond,
    ratio: 1,
    cpuSeconds: measured.cpuSeconds,
    peakRssMiB: measured.peakRssMiB,
  }
}

function row(name: string, best: Measured, limitName: string, limit: Measured): Row {
  const value = fileMiB / best.seconds
  const limitValue = fileMiB / limit.seconds
  const { cpuSeconds, peakRssMiB } = best
  return { name, value, unit: 'MiB/s', limitName, limitValue, ratio: value / limitValue, cpuSeconds, peakRssMiB }
}

function bestOf() {
  const all: Measured[] = []
  return {
    add: (one: Measured) => void all.push(one),
    best: () => all.reduce((a, b) => (b.seconds < a.seconds ? b : a)),
  }
}

function start(): ChildProcess {
  return fork(new URL('./bench-child.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
}

async function ask(child: ChildProcess, job: Job): Promise<Measured> {
  child.send(job)
  const [measured] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`The measured process ended during ${job.kind}.`)
    }),
  ])) as [Measured]
  return measured
}

async function measure(job: Job): Promise<Measured> {
  const child = start()
  try {
    return await ask(child, job)
  } finally {
    child.kill('SIGKILL')
  }
}

function shell(command: string): Measured {
  const since = performance.now()
  const answer = execFileSync('sh', ['-c', command]).toString()
  return { seconds: (performance.now() - since) / 1000, cpuSeconds: 0, peakRssMiB: 0, answer }
}

async function makeFile(path: string): Promise<void> {
  const file = await open(path, 'w')
  for (let i = 0; i < fileMiB; i++) await file.write(randomBytes(1 << 20))
  await file.sync()
  await file.close()
}

/** nginx with the file, and raw blocks behind `?format=raw`; undefined where it is not installed. */
async function serveByNginx(dir: string, file: string): Promise<Nginx | undefined> {
  if (!hasNginx()) return undefined
  const nginx = await startNginx(dir, 'if ($arg_format) { rewrite ^/ipfs/(.*)$ /raw/$1 last; }')
  await mkdir(join(nginx.root, 'ipfs'), { recursive: true })
  await link(file, join(nginx.root, 'file'))
  return nginx
}

/** Makes nginx a source: the file at its CID, and its nodes as raw blocks. */
async function frontOf(nginx: Nginx, source: string, cid: string): Promise<string> {
  await link(join(nginx.root, 'file'), join(nginx.root, 'ipfs', cid)).catch(() => {})
  await mkdir(join(nginx.root, 'raw'), { recursive: true })
  const block = await fetch(`${source}/ipfs/${cid}?format=raw`)
  await writeFile(join(nginx.root, 'raw', cid), new Uint8Array(await block.arrayBuffer()))
  return nginx.url
}
