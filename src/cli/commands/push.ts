import { RepoId } from '../../core/index.ts'
import type { PushProgress, PushResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'
import * as Progress from '../Progress.ts'

export type PushOptions = ConnectOptions & {
  type?: RepoId.RepoType | undefined
  message?: string | undefined
  license?: string | undefined
  allowPickle?: boolean | undefined
  allowLicenseConflict?: boolean | undefined
  exclude?: string[] | undefined
  creatorBps?: number | undefined
}

/** Publishes a folder as a version of a repository. */
export async function push(folder: string, name: string, options: PushOptions, io: Io): Promise<PushResult> {
  const repo = RepoId.parse(name, options.type)
  const client = await connect(options, io)
  const screen = progressScreen(io)
  const { type: _, endpoint: __, token: ___, apiKey: ____, ...rest } = options
  const result = await client
    .push({ ...rest, folder, repo, signal: io.signal, onProgress: screen.show })
    .finally(screen.end)
  for (const line of describe(result)) print(io, line)
  if (result.unsafe.length > 0) note(io, `Marked as unsafe to load: ${result.unsafe.join(', ')}`)
  return result
}

/** What is left on the screen afterwards. */
export function describe(result: PushResult): string[] {
  const sent =
    result.uploadedFiles === 0
      ? 'nothing to send'
      : `${result.uploadedFiles} changed, ${Format.bytes(result.uploadedBytes)} sent`
  const deleted = result.deletedFiles > 0 ? `, ${result.deletedFiles} deleted` : ''
  return [
    `${result.repo}: ${result.files} files, ${Format.bytes(result.bytes)} (${sent}${deleted})`,
    `root      ${result.root}`,
    `manifest  ${result.cid}`,
    `commit    ${result.commit}`,
    result.tx === null
      ? 'anchored  already, exactly this version'
      : `${result.minted ? 'minted  ' : 'anchored'}  ${result.minted ? `NFT ${result.tokenId}, ` : ''}tx ${result.tx}`,
    result.url,
  ]
}

function progressScreen(io: Io) {
  const labels = { hash: 'Hashing  ', upload: 'Uploading' } as const
  let current: { phase: 'hash' | 'upload'; bar: Progress.Progress } | undefined
  const end = () => {
    current?.bar.finish()
    current = undefined
  }
  const show = (progress: PushProgress) => {
    if (!('doneBytes' in progress)) return end()
    if (current?.phase !== progress.phase) {
      end()
      current = { phase: progress.phase, bar: Progress.start(io, labels[progress.phase], progress.totalBytes) }
    }
    current.bar.update(progress.doneBytes, progress.totalBytes)
  }
  return { show, end }
}
