import { type RepoId, Source, Version } from '../../core/index.ts'
import type { PullResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'
import * as Progress from '../Progress.ts'

export type PullOptions = ConnectOptions & {
  type?: RepoId.RepoType | undefined
  to?: string | undefined
  source?: string[] | undefined
  allowPickle?: boolean | undefined
}

/** Fetches a version into a folder, verifying while it streams. */
export async function pull(name: string, options: PullOptions, io: Io): Promise<PullResult> {
  const version = Version.parse(name, options.type)
  const client = await connect(options, io)
  let bar: Progress.Progress | undefined
  const onProgress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }) => {
    bar ??= Progress.start(io, 'Pulling', totalBytes)
    bar.update(doneBytes, totalBytes)
  }
  const result = await client
    .pull({
      version,
      folder: options.to,
      sources: options.source,
      allowPickle: options.allowPickle,
      count: io.config.countsPulls,
      onProgress,
      signal: io.signal,
    })
    .finally(() => bar?.finish())
  print(io, `${result.repo}: ${result.files} files, ${Format.bytes(result.bytes)} in ${result.folder}`)
  print(io, `  ${Format.bytes(result.downloadedBytes)} fetched, ${result.keptFiles} files were there already`)
  print(io, `  root ${result.root} (anchored on chain ${result.chainId}${result.isHead ? '' : ', not the newest'})`)
  if (result.source) note(io, `This is an ${Source.describe(result.source)}.`)
  for (const liar of result.liars) note(io, `Warning: ${liar} sent wrong bytes; they were fetched elsewhere.`)
  return result
}
