import { existsSync, statSync } from 'node:fs'
import { type RepoId, Source, Version } from '../../core/index.ts'
import type { BundleVerifyResult, VerifyResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'
import * as Progress from '../Progress.ts'

export type VerifyOptions = ConnectOptions & {
  type?: RepoId.RepoType | undefined
  /** The version that the folder should be; by default what it says itself. */
  version?: string | undefined
  offline?: boolean | undefined
}

/** Compares a folder, or a bundle, with what was published, and that with the chain. Exit code 3 when they differ. */
export async function verify(
  folder: string,
  options: VerifyOptions,
  io: Io,
): Promise<VerifyResult | BundleVerifyResult> {
  if (statSync(folder, { throwIfNoEntry: false })?.isFile()) return verifyBundle(folder, options, io)
  const client = await connect(options, io)
  let bar: Progress.Progress | undefined
  const result = await client
    .verify({
      folder: existsSync(folder) ? folder : '.',
      version: versionOf(folder, options),
      offline: options.offline,
      signal: io.signal,
      onProgress: ({ doneBytes, totalBytes }) => {
        bar ??= Progress.start(io, 'Verifying', totalBytes)
        bar.update(doneBytes, totalBytes)
      },
    })
    .finally(() => bar?.finish())
  const where = result.anchored
    ? result.isHead
      ? 'anchored on chain, the newest version'
      : 'anchored on chain'
    : 'chain not asked'
  print(io, `${folder} is ${result.repo}: ${result.files} files, ${Format.bytes(result.bytes)}, all as published`)
  const bySigner = result.delegated ? ", signed by a hub in its owner's name" : ''
  print(io, `root ${result.root} (${where}${bySigner})`)
  if (result.unanchored !== null) {
    note(io, `The hub has a newer commit ${result.unanchored} that is not anchored: nobody signed it.`)
  }
  if (result.extra.length > 0) note(io, `Not part of it, and not vouched for: ${result.extra.join(', ')}`)
  return result
}

/** A bundle carries what it takes to check it; the chain is asked only where a version is named. */
async function verifyBundle(path: string, options: VerifyOptions, io: Io): Promise<BundleVerifyResult> {
  const client = await connect(options, io)
  let bar: Progress.Progress | undefined
  const version = options.version === undefined ? undefined : Version.parse(options.version, options.type)
  const result = await client
    .verifyBundle({
      path,
      version,
      signal: io.signal,
      onProgress: ({ doneBytes, totalBytes }) => {
        bar ??= Progress.start(io, 'Verifying', totalBytes)
        bar.update(doneBytes, totalBytes)
      },
    })
    .finally(() => bar?.finish())
  print(io, `${path} is ${result.repo}: ${result.files} files, ${Format.bytes(result.bytes)}, all as published`)
  print(io, `root ${result.root}${result.anchored ? ' (anchored on chain)' : ''}`)
  for (const line of result.proof) print(io, line)
  if (result.source) note(io, `This is an ${Source.describe(result.source)}.`)
  return result
}

/** `dehug verify ns/name` in the pulled folder, or `dehug verify DIR [--version ns/name@root]`. */
function versionOf(folder: string, options: VerifyOptions): Version.Version | undefined {
  if (options.version !== undefined) return Version.parse(options.version, options.type)
  return existsSync(folder) ? undefined : Version.parse(folder, options.type)
}
