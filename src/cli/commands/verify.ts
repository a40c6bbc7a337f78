import { existsSync } from 'node:fs'
import { type RepoId, Version } from '../../core/index.ts'
import type { VerifyResult } from '../../sdk/index.ts'
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

/** Compares a folder with what was published, and that with the chain. Exit code 3 when they differ. */
export async function verify(folder: string, options: VerifyOptions, io: Io): Promise<VerifyResult> {
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
  print(io, `root ${result.root} (${where})`)
  if (result.extra.length > 0) note(io, `Not part of it, and not vouched for: ${result.extra.join(', ')}`)
  return result
}

/** `dehug verify ns/name` in the pulled folder, or `dehug verify DIR [--version ns/name@root]`. */
function versionOf(folder: string, options: VerifyOptions): Version.Version | undefined {
  if (options.version !== undefined) return Version.parse(options.version, options.type)
  return existsSync(folder) ? undefined : Version.parse(folder, options.type)
}
