'use client'
import type { Manifest } from 'dehug/core'
import type { Digester } from '../lib/digest.ts'
import { connect, type Failure, failureOf } from './sdk.ts'

export type Picked = { path: string; file: File }

/** What files are compared with, and whether the chain vouches for it. */
export type Expected = {
  manifest: Manifest.Manifest
  /** `unasked`: only the manifest at hand was used, as when there is no network. */
  chain: 'anchored' | 'unasked'
  note?: Failure
}

export type Found =
  | { path: string; kind: 'right'; as: string; sha256: string }
  | { path: string; kind: 'damaged'; as: string; sha256: string; promised: string }
  | { path: string; kind: 'stranger'; sha256: string }

/** Everything that was picked, sorted by what it is. */
export type Sorted = { files: Picked[]; manifest: string | undefined; receipt: unknown | undefined }

const mostJsonBytes = 64 * 2 ** 20

/** Finds the manifest and the receipt among what was picked; notes of a pulled folder are no files of it. */
export async function sort(picked: Picked[]): Promise<Sorted> {
  const sorted: Sorted = { files: [], manifest: undefined, receipt: undefined }
  for (const one of picked) {
    const note = one.path.startsWith('.dehug/')
    const json = one.path.endsWith('.json') && one.file.size < mostJsonBytes ? await readJson(one.file) : undefined
    if (isRecord(json) && json.schema === 'dehug.manifest.v1') sorted.manifest = await one.file.text()
    else if (isRecord(json) && 'receipt' in json && 'voucher' in json && 'offer' in json) sorted.receipt = json
    else if (!note) sorted.files.push(one)
  }
  return sorted
}

const readJson = async (file: File): Promise<unknown> => {
  try {
    return JSON.parse(await file.text())
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * The version to compare with: the manifest at hand, or the named repository's. The chain is asked in both cases; where it
 * cannot be reached a manifest at hand still serves, and the outcome says so. Throws where the two contradict.
 */
export async function expectedOf(named: string, manifestText: string | undefined): Promise<Expected> {
  const { Manifest, RepoId, Version } = await import('dehug/core')
  const { sdk, connection } = await connect()
  if (manifestText === undefined) {
    const version = Version.parse(named)
    return { manifest: (await sdk.resolveVersion(connection, version)).manifest, chain: 'anchored' }
  }
  const manifest = Manifest.parse(manifestText)
  const at = { kind: 'root', root: manifest.root as `0x${string}` } as const
  try {
    await sdk.resolveVersion(connection, { repo: RepoId.parse(manifest.repo), at })
    return { manifest, chain: 'anchored' }
  } catch (error) {
    if ((error as { code?: string }).code === 'unreachable')
      return { manifest, chain: 'unasked', note: failureOf(error) }
    throw error
  }
}

/** Compares one file with the manifest: by its path, by its name where that is unique, or by its bytes. */
export async function compare(
  { path, file }: Picked,
  manifest: Manifest.Manifest,
  digester: Digester,
  onBytes: (doneBytes: number) => void,
): Promise<Found> {
  const { sha256, cid } = await digester.digest(file, onBytes)
  const same = (one: Manifest.File) => one.sha256 === sha256 && one.cid === cid && one.size === file.size
  const named = byName(manifest, path)
  const right = named && same(named) ? named : manifest.files.find(same)
  if (right) return { path, kind: 'right', as: right.path, sha256 }
  if (named) return { path, kind: 'damaged', as: named.path, sha256, promised: named.sha256 }
  return { path, kind: 'stranger', sha256 }
}

function byName({ files }: Manifest.Manifest, path: string): Manifest.File | undefined {
  const exact = files.find((file) => file.path === path)
  if (exact) return exact
  const name = path.split('/').at(-1)
  const same = files.filter((file) => file.path.split('/').at(-1) === name)
  return same.length === 1 ? same[0] : undefined
}
