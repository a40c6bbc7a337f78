import { ponder } from 'ponder:registry'
import { delegate, model, modelName, namespace, tag, version } from 'ponder:schema'
import { placed, timed } from '../occurrence.ts'

const noRoot = `0x${'0'.repeat(64)}`

/** "type:namespace/name" in its parts; the contract lets nothing else through. */
function partsOf(repo: string) {
  const colon = repo.indexOf(':')
  const slash = repo.indexOf('/', colon)
  return { type: repo.slice(0, colon), namespace: repo.slice(colon + 1, slash), name: repo.slice(slash + 1) }
}

ponder.on('ModelRegistry:NamespaceClaimed', async ({ event, context }) => {
  const { namespace: name, owner } = event.args
  await context.db.insert(namespace).values({ name, owner, ...timed(event) })
})

ponder.on('ModelRegistry:ModelMinted', async ({ event, context }) => {
  const { modelId, repo, owner, creatorBps, creatorShareBps, royaltyBps } = event.args
  const terms = { creatorBps, creatorShareBps, royaltyBps }
  const sums = { claimed: 0n, creatorTotal: 0n, holderTotal: 0n, royaltyTotal: 0n, jobs: 0n }
  await context.db.insert(model).values({
    id: modelId,
    repo,
    ...partsOf(repo),
    owner,
    ownerEpoch: 0n,
    versions: 0,
    ...terms,
    ...sums,
    ...timed(event),
  })
  await context.db.insert(modelName).values({ repo, modelId, current: true, at: event.block.timestamp })
})

ponder.on('ModelRegistry:VersionPublished', async ({ event, context }) => {
  const { modelId, root, ...rest } = event.args
  const { versions } = await context.db
    .update(model, { id: modelId })
    .set((row) => ({ head: root, versions: row.versions + 1 }))
  await context.db
    .insert(version)
    .values({ modelId, root, ...rest, index: versions, deprecated: false, ...placed(event) })
})

ponder.on('ModelRegistry:TermsSet', async ({ event, context }) => {
  const { modelId, creatorBps, termsHash } = event.args
  await context.db.update(model, { id: modelId }).set({ creatorBps, termsHash })
})

ponder.on('ModelRegistry:TagSet', async ({ event, context }) => {
  const { modelId, tag: name, root, nonce } = event.args
  const now = { root: root === noRoot ? null : root, nonce, ...timed(event) }
  await context.db
    .insert(tag)
    .values({ modelId, tag: name, ...now })
    .onConflictDoUpdate(now)
})

ponder.on('ModelRegistry:Deprecated', async ({ event, context }) => {
  const { modelId, root, reason, successor } = event.args
  const next = successor === noRoot ? null : successor
  await context.db.update(version, { modelId, root }).set({ deprecated: true, reason, successor: next })
})

ponder.on('ModelRegistry:Renamed', async ({ event, context }) => {
  const { modelId, from, to } = event.args
  const at = event.block.timestamp
  await context.db.update(model, { id: modelId }).set({ repo: to, ...partsOf(to) })
  await context.db.update(modelName, { repo: from }).set({ current: false })
  // A model may go back to a name it had before.
  await context.db
    .insert(modelName)
    .values({ repo: to, modelId, current: true, at })
    .onConflictDoUpdate({ current: true, at })
})

ponder.on('ModelRegistry:DelegateSet', async ({ event, context }) => {
  const { expiry, ...key } = event.args
  const at = event.block.timestamp
  await context.db
    .insert(delegate)
    .values({ ...key, expiry, at })
    .onConflictDoUpdate({ expiry, at })
})
