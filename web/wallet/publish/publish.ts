import { License, Manifest, type RepoId } from 'dehug/core'
import { anchor, Card, digestBytes, headOf, type MintTerms } from 'dehug/sdk/web'
import type { Wallet } from '../Wallet.ts'
import { saved } from '../WriteStore.ts'
import { connectionFor, settle } from '../writes.ts'
import type { Detected } from './detect.ts'
import { hashAll } from './hashing.ts'
import type { Picked } from './Picked.ts'
import { type Local, sendFolder } from './send.ts'

/** Everything the wizard asked for. */
export type Plan = {
  repo: RepoId.RepoId
  files: Picked[]
  readme: string
  detected: Detected
  terms: MintTerms
}

export type Phase = 'hash' | 'upload' | 'commit' | 'sign' | 'done'

export type Watching = {
  onPhase: (phase: Phase) => void
  /** Bytes of a file that were hashed or sent. */
  onBytes: (path: string, doneBytes: number) => void
  signal: AbortSignal
}

/** Hashes, sends and commits the folder, has the wallet sign the version, and waits until it is visible everywhere. */
export const publish = async (plan: Plan, wallet: Wallet, write: string, watching: Watching): Promise<void> => {
  const { repo, detected } = plan
  watching.onPhase('hash')
  const locals = await localsOf(plan, watching)
  watching.onPhase('upload')
  const sent = await sendFolder({
    ...{ repo, locals, message: 'Publish in the browser', signal: watching.signal, onBytes: watching.onBytes },
    onCommit: () => watching.onPhase('commit'),
  })
  watching.onPhase('sign')
  const connection = connectionFor(wallet.signer, write)
  const head = await headOf(connection, repo)
  if (head?.root !== Manifest.rootOf([...sent.files].sort(byPath))) {
    const card = Card.parse(plan.readme)
    const manifest = Manifest.from({
      ...{ repo, commit: sent.commit, files: sent.files, parents: head ? [head.root] : [] },
      license: Card.licenseOf(card, { textSha256: licenseText(locals) }),
      baseModels: card.baseModels,
      evals: card.evals,
      ...(card.task === undefined ? {} : { task: card.task }),
      ...(card.libraryName === undefined ? {} : { libraryName: card.libraryName }),
      ...(detected.tensors === undefined ? {} : { tensors: detected.tensors }),
      ...(detected.unsafe.length > 0 ? { unsafe: detected.unsafe } : {}),
      ...{ author: wallet.address, createdAt: Date.now() },
    })
    await anchor(connection, { repo, manifest, head, terms: plan.terms })
  } else saved.change(write, { step: 'confirm' })
  await settle(write)
  watching.onPhase('done')
}

const byPath = (a: Manifest.File, b: Manifest.File) => (a.path < b.path ? -1 : 1)

const localsOf = async ({ files, readme }: Plan, { onBytes, signal }: Watching): Promise<Local[]> => {
  const others = files.filter(({ path }) => path !== 'README.md')
  const digests = await hashAll(others, { onBytes, signal })
  const text = new TextEncoder().encode(readme)
  const card: Local = { path: 'README.md', blob: new Blob([text]), ...digestBytes(text) }
  onBytes('README.md', text.length)
  return [card, ...others.map(({ path, file }) => ({ path, blob: file, ...digests.get(path)! }))]
}

const licenseText = (locals: Local[]): string | undefined =>
  locals.find(({ path }) => /^licen[cs]e(\.(txt|md))?$/i.test(path))?.sha256

/** Why these files cannot be published under this license; undefined where they can. */
export const licenseProblem = (id: string, files: Picked[]): string | undefined => {
  if (id.trim() === '') return 'Choose a license: nobody may use what has none.'
  const hasText = files.some(({ path }) => /^licen[cs]e(\.(txt|md))?$/i.test(path))
  try {
    License.from(id, { textSha256: hasText ? '0'.repeat(64) : undefined })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
