import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { DiskStore } from './DiskStore.ts'
import { digestFile } from './verify-file.ts'

/** One measured job of the store's benchmarks, in a process of its own. */
export type Job =
  | { kind: 'sha256'; file: string }
  | { kind: 'digest'; file: string }
  | { kind: 'put'; file: string; dir: string }
  | { kind: 'adopt'; file: string; dir: string }
  | { kind: 'serve'; dir: string }
  | { kind: 'pull'; cid: string; source: string; to: string }
  | { kind: 'small'; count: number; dir: string }

export type Measured = { seconds: number; cpuSeconds: number; peakRssMiB: number; answer: string }

async function run(job: Job): Promise<string> {
  if (job.kind === 'sha256') {
    const hash = createHash('sha256')
    for await (const piece of createReadStream(job.file, { highWaterMark: 1 << 20 })) hash.update(piece)
    return hash.digest('hex')
  }
  if (job.kind === 'digest') return (await digestFile(job.file)).cid
  if (job.kind === 'pull') {
    const { fetchVerified } = await import('./client/fetch-verified.ts')
    return (await fetchVerified(job.cid, { sources: [job.source], to: job.to })).cid
  }
  const store = await DiskStore.open({ dir: job.dir })
  if (job.kind === 'put') return (await store.put(createReadStream(job.file, { highWaterMark: 1 << 18 }))).cid
  if (job.kind === 'adopt') return (await store.adopt(job.file)).cid
  if (job.kind === 'small') return await putSmall(store, job.count)
  const [{ default: Fastify }, { gatewayPlugin }] = await Promise.all([
    import('fastify'),
    import('./gateway/plugin.ts'),
  ])
  const app = Fastify()
  await app.register(gatewayPlugin(store))
  return await app.listen({ port: 0, host: '127.0.0.1' })
}

async function putSmall(store: DiskStore, count: number): Promise<string> {
  let next = 0
  const worker = async () => {
    while (next < count) await store.put(Buffer.from(`small file ${next++}`))
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return String(count)
}

process.on('message', async (job: Job) => {
  const before = process.cpuUsage()
  const since = performance.now()
  const answer = await run(job)
  const { user, system } = process.cpuUsage(before)
  const measured: Measured = {
    seconds: (performance.now() - since) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
    answer,
  }
  process.send!(measured)
})
