import { BigInt } from '@graphprotocol/graph-ts'
import {
  DelegateSet,
  Deprecated,
  ModelMinted,
  NamespaceClaimed,
  Renamed,
  TagSet,
  TermsSet,
  VersionPublished,
} from '../generated/ModelRegistry/ModelRegistry'
import { Delegate, Model, ModelName, Namespace, Tag, Version } from '../generated/schema'
import { rootOrNull } from './occurrence'

/** "type:namespace/name" in its parts; the contract lets nothing else through. */
function setName(model: Model, repo: string): void {
  const colon = repo.indexOf(':')
  const slash = repo.indexOf('/', colon)
  model.repo = repo
  model.type = repo.substring(0, colon)
  model.namespace = repo.substring(colon + 1, slash)
  model.name = repo.substring(slash + 1)
}

function nameModel(repo: string, modelId: BigInt, at: BigInt): void {
  const row = new ModelName(repo)
  row.repo = repo
  row.modelId = modelId
  row.current = true
  row.at = at
  row.save()
}

export function handleNamespaceClaimed(event: NamespaceClaimed): void {
  const row = new Namespace(event.params.namespace)
  row.name = event.params.namespace
  row.owner = event.params.owner
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleModelMinted(event: ModelMinted): void {
  const row = new Model(event.params.modelId.toString())
  setName(row, event.params.repo)
  row.owner = event.params.owner
  row.ownerEpoch = BigInt.zero()
  row.versions = 0
  row.creatorBps = event.params.creatorBps
  row.creatorShareBps = event.params.creatorShareBps
  row.royaltyBps = event.params.royaltyBps
  row.claimed = BigInt.zero()
  row.creatorTotal = BigInt.zero()
  row.holderTotal = BigInt.zero()
  row.royaltyTotal = BigInt.zero()
  row.jobs = BigInt.zero()
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
  nameModel(event.params.repo, event.params.modelId, event.block.timestamp)
}

export function handleVersionPublished(event: VersionPublished): void {
  const model = Model.load(event.params.modelId.toString())
  if (model == null) return
  model.head = event.params.root
  model.versions = model.versions + 1
  model.save()
  const row = new Version(event.params.modelId.toString() + '-' + event.params.root.toHexString())
  row.modelId = event.params.modelId
  row.root = event.params.root
  row.index = model.versions
  row.parent = event.params.parent
  row.manifestCid = event.params.manifestCid
  row.fileCount = event.params.fileCount
  row.publisher = event.params.publisher
  row.ownerEpoch = event.params.ownerEpoch
  row.delegated = event.params.delegated
  row.deprecated = false
  row.at = event.block.timestamp
  row.block = event.block.number
  row.txHash = event.transaction.hash
  row.save()
}

export function handleTermsSet(event: TermsSet): void {
  const model = Model.load(event.params.modelId.toString())
  if (model == null) return
  model.creatorBps = event.params.creatorBps
  model.termsHash = event.params.termsHash
  model.save()
}

export function handleTagSet(event: TagSet): void {
  const row = new Tag(event.params.modelId.toString() + '-' + event.params.tag)
  row.modelId = event.params.modelId
  row.tag = event.params.tag
  row.root = rootOrNull(event.params.root)
  row.nonce = event.params.nonce
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleDeprecated(event: Deprecated): void {
  const row = Version.load(event.params.modelId.toString() + '-' + event.params.root.toHexString())
  if (row == null) return
  row.deprecated = true
  row.reason = event.params.reason
  row.successor = rootOrNull(event.params.successor)
  row.save()
}

export function handleRenamed(event: Renamed): void {
  const model = Model.load(event.params.modelId.toString())
  if (model == null) return
  setName(model, event.params.to)
  model.save()
  const former = ModelName.load(event.params.from)
  if (former != null) {
    former.current = false
    former.save()
  }
  // A model may go back to a name it had before.
  nameModel(event.params.to, event.params.modelId, event.block.timestamp)
}

export function handleDelegateSet(event: DelegateSet): void {
  const id = [
    event.params.modelId.toString(),
    event.params.delegate.toHexString(),
    event.params.ownerEpoch.toString(),
  ].join('-')
  const row = new Delegate(id)
  row.modelId = event.params.modelId
  row.delegate = event.params.delegate
  row.ownerEpoch = event.params.ownerEpoch
  row.expiry = event.params.expiry
  row.at = event.block.timestamp
  row.save()
}
