import { RepoId } from '../../core/index.ts'
import type { AnchorHeadResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import { type Io, print } from '../Io.ts'

export type AnchorOptions = ConnectOptions & {
  type?: RepoId.RepoType | undefined
  commit?: string | undefined
  license?: string | undefined
  allowPickle?: boolean | undefined
  allowLicenseConflict?: boolean | undefined
  creatorBps?: number | undefined
}

/** Signs and anchors what the hub's main branch holds, such as commits that came by git or huggingface_hub. */
export async function anchor(name: string, options: AnchorOptions, io: Io): Promise<AnchorHeadResult> {
  const { type, commit, license, allowPickle, allowLicenseConflict, creatorBps } = options
  const client = await connect(options, io)
  const repo = RepoId.parse(name, type)
  const result = await client.anchorHead({ repo, commit, license, allowPickle, allowLicenseConflict, creatorBps })
  for (const [sign, paths] of [
    ['+', result.added],
    ['~', result.changed],
    ['-', result.deleted],
  ] as const) {
    for (const path of paths) print(io, `${sign} ${path}`)
  }
  print(io, `${result.repo} at ${result.commit}`)
  print(io, `root      ${result.root}`)
  print(io, result.tx === null ? 'This version is on chain already.' : `tx        ${result.tx}`)
  return result
}
