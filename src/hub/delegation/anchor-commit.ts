import { Delegation, type Repo, Tree } from '../../catalog/index.ts'
import type { Chain, Relayer } from '../../chain/index.ts'
import { Bytes, Cid, Domain, type Hex, Manifest, Publish, type Signer } from '../../core/index.ts'
import * as Anchoring from '../Anchoring.ts'
import { bringOnChain, missingAsUndefined } from '../bring-on-chain.ts'
import * as CommitFiles from '../CommitFiles.ts'
import type { HubContext } from '../context.ts'
import { readAll } from '../read-all.ts'
import * as DelegatedManifest from './DelegatedManifest.ts'

export type Tools = { context: HubContext; chain: Chain.Chain; relayer: Relayer.Relayer; delegate: Signer }

/** A delegation that ends within this time is not used any more. */
const marginSeconds = 30n

/** Anchors the head of a repository in the name of its owner, if they still allow it. Throws where it may succeed later. */
export const anchorCommit = async (tools: Tools, repo: Repo.Repo): Promise<void> => {
  const { context, chain, delegate } = tools
  const { db } = context.catalog
  const modelId = await chain.resolve(repo.key)
  const model = modelId === undefined ? undefined : await missingAsUndefined(chain.model(modelId))
  // A sale, a revocation or time ended it.
  if (!model || (await chain.delegateExpiry(model.modelId, delegate.address)) <= (await chain.now()) + marginSeconds) {
    return Delegation.remove(db, repo.id)
  }
  const commit = await Tree.commitAt(db, repo.id, repo.head)
  const files = commit ? await CommitFiles.of(db, repo, commit) : []
  if (!commit || files.length === 0) return Delegation.done(db, repo.id, repo.head, 'The commit holds no files.')
  const root = Manifest.rootOf([...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
  if (root !== model.head) {
    if (await missingAsUndefined(chain.version(model.modelId, root))) {
      return Delegation.done(
        db,
        repo.id,
        repo.head,
        'An older version holds exactly these files; the chain has it once.',
      )
    }
    const previous = await manifestOf(tools, model.modelId, model.head)
    const parts = { repo, files, previous, owner: model.owner, parent: model.head, now: context.clock() }
    await publish(tools, repo, model, await DelegatedManifest.from(context.store, { ...parts, commit: commit.oid }))
  }
  await Delegation.done(db, repo.id, repo.head)
}

/** The manifest of a version, where its bytes are here. */
const manifestOf = async (
  { context, chain }: Tools,
  modelId: bigint,
  root: Hex,
): Promise<Manifest.Manifest | undefined> => {
  const version = await chain.version(modelId, root)
  const cid = Cid.toString(Cid.fromBytes(Bytes.fromHex(version.manifestCid)))
  const bytes = await missingAsUndefined(context.store.open(cid).then(readAll))
  return bytes && Manifest.parse(bytes.toString())
}

type Model = Awaited<ReturnType<Chain.Chain['model']>>

const publish = async (tools: Tools, repo: Repo.Repo, model: Model, manifest: Manifest.Manifest): Promise<void> => {
  const { context, chain, relayer, delegate } = tools
  const text = Manifest.serialize(manifest)
  const stored = await context.store.put(Bytes.utf8(text))
  const message: Publish.Publish = {
    ...{ repo: repo.key, manifestCid: Bytes.toHex(Cid.bytes(stored.cid)) },
    ...{ root: manifest.root as Hex, fileCount: BigInt(manifest.fileCount) },
    ...{ parent: model.head, ownerEpoch: model.ownerEpoch },
  }
  const { cid } = await Anchoring.check(context, repo, text, { publish: message })
  const { ModelRegistry } = chain.deployment.contracts
  const separator = Domain.separator(Domain.registry(chain.chainId, ModelRegistry))
  const signature = await delegate.sign(Publish.digest(separator, message))
  await bringOnChain(
    context,
    {
      ...{ chain, relayer, repo, manifest, cid, modelId: model.modelId },
      ...{ message: { publish: message }, signature, account: repo.ownerId },
    },
    text,
  )
}
