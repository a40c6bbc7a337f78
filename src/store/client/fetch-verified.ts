import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Cid, Path, UnixFs } from '../../core/index.ts'
import * as Dag from '../gateway/Dag.ts'
import { hasCode, syncFolder, writeFully } from '../Layout.ts'
import { NotStored, type Store, StoreFull } from '../Store.ts'
import { download, fetchBlock, type Transfer } from './download.ts'
import * as FilePlan from './FilePlan.ts'
import { agent } from './http.ts'
import { PartialFile } from './PartialFile.ts'
import * as SourcePool from './SourcePool.ts'

const parallelFiles = 6

export type FetchOptions = {
  /** Gateways that may have the content, as `http://host:port`. Their order does not matter: the fastest is used most. */
  sources: string[]
  /** A store, or the path of the file (or folder, for a directory) to make. */
  to: Store | string
  /** Called as verified bytes are written. For a directory `totalBytes` grows while it is explored. */
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined
  signal?: AbortSignal | undefined
  now?: (() => number) | undefined
  /** Silence after which a second source is asked too. Default 250. */
  hedgeMs?: number | undefined
  /** Bytes asked for in one request. Default 16 MiB. */
  windowBytes?: number | undefined
  /** Requests in flight. Default 4. */
  parallel?: number | undefined
}

export type Fetched = { cid: string; bytes: number; sources: SourcePool.SourceStats[] }

/**
 * Fetches a file or directory from sources nobody has to trust: every chunk is hashed as it arrives and only verified
 * bytes are written. A source that sends one wrong byte is never asked again. After a cut or a kill the next call goes on.
 *
 * @example
 * await fetchVerified(cid, { sources: ['https://gateway.example'], to: store })
 *
 * Throws {@link SourcePool.SourcesExhausted}, {@link FilePlan.UnreadableFile}, StoreFull, or the reason of `signal`.
 */
export async function fetchVerified(cid: string, options: FetchOptions): Promise<Fetched> {
  const root = Cid.toString(cid)
  const connections = agent()
  const transfer: Transfer = {
    pool: SourcePool.from(options.sources, options.now ?? performance.now.bind(performance)),
    agent: connections,
    signal: options.signal ?? new AbortController().signal,
    hedgeMs: options.hedgeMs ?? 250,
    windowBytes: options.windowBytes ?? 16 << 20,
    parallel: options.parallel ?? 4,
    spare: [],
  }
  const progress = progressOf(options.onProgress)
  try {
    await fetchAny({ transfer, progress, to: options.to }, root, '')
    return { cid: root, bytes: progress.done(), sources: transfer.pool.sources.map((source) => source.stats) }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    await connections.destroy()
  }
}

type Job = { transfer: Transfer; progress: Progress; to: Store | string }

async function fetchAny(job: Job, cid: string, path: string): Promise<void> {
  const there = typeof job.to === 'string' ? undefined : await job.to.stat(cid).catch(notStored)
  if (there) {
    job.progress.finished(there.size)
    return
  }
  const bytes = await fetchBlock(job.transfer, cid)
  const node = Cid.parse(cid).codec === 'dag-pb' ? UnixFs.parseNode(bytes) : undefined
  if (!node) await keepBlock(job, bytes, path)
  else if (node.type === 'file') await fetchFile(job, cid, node, path)
  else await fetchDirectory(job, bytes, node, path)
}

async function keepBlock({ to, progress }: Job, bytes: Uint8Array, path: string): Promise<void> {
  if (typeof to === 'string') await writeWhole(join(to, path), bytes)
  else await to.put(bytes)
  progress.finished(bytes.length)
}

async function fetchFile(job: Job, cid: string, node: UnixFs.Node & { type: 'file' }, path: string): Promise<void> {
  const plan = await FilePlan.from(cid, node, (one) => fetchBlock(job.transfer, one))
  const { to } = job
  if (typeof to !== 'string' && !FilePlan.isOfProfile(plan)) {
    throw new FilePlan.UnreadableFile(
      cid,
      `it was not imported with the profile ${UnixFs.profile}, so a store cannot hold it`,
    )
  }
  const partial = typeof to === 'string' ? `${join(to, path)}.part` : join(to.partialDir, cid)
  await mkdir(dirname(partial), { recursive: true })
  const file = await PartialFile.open(partial, plan)
  const report = job.progress.file(plan.size, () => file.doneBytes)
  try {
    report()
    await download(job.transfer, plan, file, report)
    if (typeof to === 'string') await file.finish(join(to, path))
    else await to.adopt(await file.handOver(), { expect: { cid, size: plan.size }, signal: job.transfer.signal })
  } catch (error) {
    if (error instanceof StoreFull) await file.discard()
    throw error
  } finally {
    await file.close()
  }
  if (typeof to !== 'string') await unlink(`${file.path}.state`).catch(() => {})
  report.finished()
}

async function fetchDirectory(job: Job, bytes: Uint8Array, node: UnixFs.Node, path: string): Promise<void> {
  if (typeof job.to === 'string') await mkdir(join(job.to, path), { recursive: true })
  const nodes: Uint8Array[] = [bytes]
  const blocks = {
    block: async (one: string) => {
      const shard = await fetchBlock(job.transfer, one)
      nodes.unshift(shard)
      return shard
    },
  }
  const files: { path: string; cid: string }[] = []
  const names: string[] = []
  for await (const entry of Dag.entries(blocks, node)) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`
    Path.assertSafe(below)
    names.push(entry.name)
    files.push({ path: below, cid: entry.cid })
  }
  Path.assertUnique(names)
  await forEach(files, parallelFiles, (file) => fetchAny(job, file.cid, file.path))
  if (typeof job.to !== 'string') for (const one of nodes) await job.to.putNode(one)
}

async function forEach<T>(items: T[], parallel: number, action: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  let isFailed = false
  const worker = async () => {
    while (next < items.length && !isFailed) {
      await action(items[next++]!).catch((error: unknown) => {
        isFailed = true
        throw error
      })
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: parallel }, worker))
  for (const result of workers) if (result.status === 'rejected') throw result.reason
}

function notStored(error: unknown): undefined {
  if (!(error instanceof NotStored)) throw error
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.part`
  await mkdir(dirname(path), { recursive: true })
  try {
    const file = await open(temporary, 'wx')
    try {
      await writeFully(file, bytes, 0)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG') ? new StoreFull(dirname(path), error) : error
  }
}

type Progress = ReturnType<typeof progressOf>

function progressOf(onProgress: FetchOptions['onProgress']) {
  let done = 0
  let total = 0
  return {
    done: () => done,
    finished(bytes: number) {
      done += bytes
      total += bytes
      onProgress?.(done, total)
    },
    file(size: number, doneBytes: () => number) {
      total += size
      const report = () => onProgress?.(done + doneBytes(), total)
      return Object.assign(report, {
        finished() {
          done += size
        },
      })
    },
  }
}
