import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Conflict, UnixFs } from '../core/index.ts'
import type { FolderFile } from './Folder.ts'
import * as Pickle from './Pickle.ts'

/** Everything one reading of a file tells. `gitOid` (SHA-1 of the git blob) is made for small files only. */
export type FileDigests = { sha256: string; cid: string; gitOid?: string; pickle: boolean }

export type DigestOptions = { signal?: AbortSignal | undefined; onBytes?: (count: number) => void }

/** Files up to this size may be stored by the hub as git blobs. */
const gitBlobMaxBytes = 10 * 1024 * 1024

/**
 * Reads a file once, in chunks of 1 MiB, into its SHA-256 (64 hex digits), UnixFS CID and git oid.
 * Throws {@link FileChanged} when it does not have the size it had when the folder was walked.
 */
export async function digestFile(file: FolderFile, options: DigestOptions = {}): Promise<FileDigests> {
  if (file.size > gitBlobMaxBytes) return digestLarge(file, options)
  const whole = file.size > UnixFs.chunkSize ? createHash('sha256') : undefined
  const git = createHash('sha1').update(`blob ${file.size}\0`)
  const leaves: UnixFs.Leaf[] = []
  let pickle = false
  let doneBytes = 0
  for await (const chunk of chunksOf(file.absolutePath)) {
    options.signal?.throwIfAborted()
    if (leaves.length === 0) pickle = Pickle.detect(file.path, chunk.subarray(0, Pickle.sampleBytes))
    leaves.push({ digest: createHash('sha256').update(chunk).digest(), size: chunk.length })
    whole?.update(chunk)
    git.update(chunk)
    doneBytes += chunk.length
    options.onBytes?.(chunk.length)
  }
  if (doneBytes !== file.size) throw new FileChanged(file.path)
  const sha256 = whole?.digest() ?? leaves[0]?.digest ?? createHash('sha256').digest()
  return {
    sha256: Buffer.from(sha256).toString('hex'),
    cid: UnixFs.fileDag(leaves).root,
    gitOid: git.digest('hex'),
    pickle,
  }
}

/** Large files are hashed in two threads of their own. */
async function digestLarge(file: FolderFile, options: DigestOptions): Promise<FileDigests> {
  const { digestFile: inThreads } = await import('../store/index.ts')
  let seen = 0
  const onBytes = (total: number) => {
    options.onBytes?.(total - seen)
    seen = total
  }
  const { size, sha256, cid } = await inThreads(file.absolutePath, { signal: options.signal, onBytes })
  if (size !== file.size) throw new FileChanged(file.path)
  return { sha256, cid, pickle: Pickle.detect(file.path, await headOf(file.absolutePath)) }
}

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Pickle.sampleBytes), 0, Pickle.sampleBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function* chunksOf(path: string): AsyncIterable<Uint8Array> {
  const handle = await open(path)
  try {
    const buffer = Buffer.allocUnsafe(UnixFs.chunkSize)
    for (;;) {
      const filled = await fill(handle, buffer)
      if (filled > 0) yield buffer.subarray(0, filled)
      if (filled < buffer.length) return
    }
  } finally {
    await handle.close()
  }
}

async function fill(handle: Awaited<ReturnType<typeof open>>, buffer: Buffer): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** Somebody writes into the folder while it is read. */
export class FileChanged extends Conflict {
  constructor(path: string) {
    super(`${path} changed while it was read.`, {
      code: 'file_changed',
      hint: 'Wait until nothing writes into the folder, then push again; what was sent stays.',
      retryable: true,
    })
  }
}
