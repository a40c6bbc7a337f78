import { type RepoId, Version } from '../../core/index.ts'
import type { ExportResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, print } from '../Io.ts'
import * as Progress from '../Progress.ts'

export type ExportOptions = ConnectOptions & {
  type?: RepoId.RepoType | undefined
  to: string
  source?: string[] | undefined
}

const labels = { pull: 'Pulling', write: 'Writing' } as const

/** Writes a version with its manifest and proof into one file. */
export async function exportTo(name: string, options: ExportOptions, io: Io): Promise<ExportResult> {
  const version = Version.parse(name, options.type)
  const client = await connect(options, io)
  let current: { phase: string; bar: Progress.Progress } | undefined
  const result = await client
    .exportBundle({
      version,
      to: options.to,
      sources: options.source,
      signal: io.signal,
      onProgress: ({ phase, doneBytes, totalBytes }) => {
        if (current?.phase !== phase) {
          current?.bar.finish()
          current = { phase, bar: Progress.start(io, labels[phase], totalBytes) }
        }
        current.bar.update(doneBytes, totalBytes)
      },
    })
    .finally(() => current?.bar.finish())
  print(io, `${result.file}: ${result.repo}, ${result.files} files, ${Format.bytes(result.bundleBytes)}`)
  print(io, `root      ${result.root}`)
  print(io, `manifest  ${result.cid}`)
  print(io, `sha256    ${result.bundleSha256}`)
  return result
}
