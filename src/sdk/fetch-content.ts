import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat, truncate } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { VerificationFailed } from '../core/index.ts'
import { digestFile } from './digest-file.ts'
import type { FolderFile } from './Folder.ts'
import { backOffMs } from './Http.ts'
import { type HubSource, SourceBusy } from './HubSource.ts'
import * as Tensors from './Tensors.ts'
import type { Known, WorkFolder } from './WorkFolder.ts'

/** Some bytes of a source, wherever they lie in it. `id` names them by the digest that the source gives. */
export type Content = { id: string; path: string; size: number; oid: string; sha256: string | undefined }

export type FetchOptions = {
  source: HubSource
  work: WorkFolder
  signal?: AbortSignal | undefined
  /** Bytes that are here, since the last call; negative when bytes turned out wrong. */
  onBytes: (count: number) => void
  /** Bytes that came over the line. */
  onFetched: (count: number) => void
}

const attemptsWithoutProgress = 6

/**
 * Brings content into the work folder, from where it was cut off, and compares it with the digest the source promised.
 * Throws {@link SourceLied}, or what the source threw.
 */
export async function fetchContent(content: Content, options: FetchOptions): Promise<Known> {
  const { work } = options
  const part = work.part(content.id)
  const before = await sizeOf(part)
  options.onBytes(Math.min(before, content.size))
  await arrive(content, part, options)
  const known = await check(content, part, options)
  if (!known) {
    await rm(part, { force: true })
    options.onBytes(-content.size)
    // Bytes of an earlier run may be of a source that changed; a fresh copy decides.
    if (before === 0) throw new SourceLied(options.source.endpoint, content.path)
    return fetchContent(content, options)
  }
  await work.remember(content.id, known)
  await rename(part, work.whole(content.id))
  return known
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0

async function arrive(content: Content, part: string, options: FetchOptions): Promise<void> {
  const { source, signal } = options
  for (let failures = 0; ; ) {
    const have = await sizeOf(part)
    if (have === content.size && (have > 0 || (await touch(part)))) return
    const result = await once(content, part, have, options).catch((error: Error) => error)
    signal?.throwIfAborted()
    if (!(result instanceof Error)) continue
    if (!isBroken(result)) throw result
    failures = (await sizeOf(part)) > have ? 1 : failures + 1
    if (failures >= attemptsWithoutProgress) throw new SourceBusy(source.endpoint, result.message, result)
    await sleep(backOffMs(failures - 1), undefined, { signal })
  }
}

const touch = async (path: string): Promise<boolean> => {
  await (await open(path, 'a')).close()
  return true
}

/** A connection that ended early is tried again from where it ended; a refusal is not. */
const isBroken = (error: Error): boolean => !('exitCode' in error)

async function once(content: Content, part: string, have: number, options: FetchOptions): Promise<void> {
  const { source, signal, onBytes, onFetched } = options
  const from = have > content.size ? 0 : have
  const answer = await source.open(content.path, from, signal)
  const start = answer.start <= from ? answer.start : 0
  if (have !== start) {
    await truncate(part, start).catch(() => {})
    onBytes(start - Math.min(have, content.size))
  }
  if (answer.start > from) throw new Error('the answer begins later than asked for')
  const file = await open(part, 'a')
  let at = start
  try {
    for await (const piece of answer.body) {
      at += piece.length
      if (at > content.size) throw new SourceLied(source.endpoint, content.path)
      await file.writeFile(piece)
      onBytes(piece.length)
      onFetched(piece.length)
    }
  } finally {
    await file.close()
  }
  if (at < content.size) throw new Error(`the connection ended after ${at} of ${content.size} bytes`)
}

/** Digests of the file, or undefined where it is not what was promised. */
async function check(content: Content, part: string, { signal }: FetchOptions): Promise<Known | undefined> {
  const file: FolderFile = { path: content.path, absolutePath: part, size: content.size, mtimeNs: 0n, inode: 0n }
  const digests = await digestFile(file, { signal })
  const isRight =
    content.sha256 === undefined
      ? (digests.gitOid ?? (await gitOid(file))) === content.oid
      : digests.sha256 === content.sha256
  if (!isRight) return undefined
  const tensors = await Tensors.of([file])
  return { ...digests, size: content.size, ...(tensors ? { tensors } : {}) }
}

/** Git's id of a file of any size. */
async function gitOid({ absolutePath, size }: FolderFile): Promise<string> {
  const hash = createHash('sha1').update(`blob ${size}\0`)
  for await (const piece of createReadStream(absolutePath)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** A source sent bytes that are not what it lists. */
export class SourceLied extends VerificationFailed {
  constructor(endpoint: string, path: string) {
    super(`${endpoint} sent bytes for "${path}" that are not those it lists.`, {
      code: 'source_lied',
      hint: 'Nothing of it was kept. Import from another hub, or tell this one.',
      details: { path },
    })
  }
}
