import { type Manifest, RepoId, Version } from 'dehug/core'
import { Connection, digestBlob, resolveVersion } from 'dehug/sdk/web'
import { bytes } from '@/lib/format.ts'

export type VerifyOf = { type: 'model' | 'dataset'; id: string; root: string; path?: string | undefined }

/**
 * Checks a version, or one file of it, in this tab: the root against the chain, the manifest against the root, the bytes
 * against the manifest. Throws `VerificationFailed` and `HubError` for what does not hold or cannot be asked.
 */
export const verifyVersion = async (
  { type, id, root, path }: VerifyOf,
  say: (progress: string) => void,
): Promise<{ ok: boolean; summary: string }> => {
  say('Asking the chain for the root…')
  const connection = Connection.from({ endpoint: location.origin })
  const repo = RepoId.parse(id, type)
  const { manifest } = await resolveVersion(connection, { repo, at: Version.selector(root) })
  const files = path === undefined ? manifest.files : manifest.files.filter((file) => file.path === path)
  if (files.length === 0) return { ok: false, summary: `"${path}" is not among the files of this version.` }
  let done = 0
  for (const file of files) {
    say(`${file.path} (${++done} of ${files.length}, ${bytes(file.size)})`)
    const wrong = await wrongOf(file, await download(type, id, manifest.commit, file.path))
    if (wrong) return { ok: false, summary: `${file.path} is not what was published: its ${wrong} differs.` }
  }
  const what = files.length === 1 ? (files[0] as Manifest.File).path : `All ${files.length} files`
  const size = files.reduce((sum, file) => sum + file.size, 0)
  return { ok: true, summary: `${what}: ${bytes(size)} match the root on chain, checked by this browser.` }
}

const download = async (type: string, id: string, commit: string, path: string): Promise<Blob> => {
  const place = `${type === 'dataset' ? '/datasets' : ''}/${id}/resolve/${commit}`
  const response = await fetch(`${place}/${path.split('/').map(encodeURIComponent).join('/')}`)
  if (!response.ok) throw new Error(`The hub answered ${response.status} for ${path}.`)
  return response.blob()
}

const wrongOf = async (file: Manifest.File, blob: Blob): Promise<string | undefined> => {
  const found = await digestBlob(blob)
  return (['size', 'sha256', 'cid'] as const).find((field) => found[field] !== file[field])
}
