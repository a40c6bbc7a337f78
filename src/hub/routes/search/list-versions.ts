import { VersionTimeline } from '../../../catalog/index.ts'
import type { Hex } from '../../../core/index.ts'
import { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { kinds, repoWithToken } from './kinds.ts'
import * as ManifestFacts from './ManifestFacts.ts'
import { readQuery } from './read-query.ts'

/** The versions of a repository, the newest first: who signed each, where it is on chain, and how much larger it is. */
export const listVersions: Route = (app, context) => {
  for (const { type, at } of kinds) {
    app.get(`${at}/versions`, async (request): Promise<FactsWire.Versions> => {
      const page = readQuery(FactsWire.PageQuery, request)
      const { repo, onchain } = await repoWithToken(context, request, type)
      const { db } = context.catalog
      const found = await VersionTimeline.list(db, { id: repo.id, modelId: onchain?.modelId }, page)
      const head = onchain?.head ?? undefined
      return { versions: await Promise.all(found.versions.map((one) => show(context, one, head))), next: found.next }
    })
  }
}

const noRoot = `0x${'0'.repeat(64)}`

const show = async (
  context: HubContext,
  version: VersionTimeline.TimelineVersion,
  head: Hex | undefined,
): Promise<FactsWire.Version> => {
  const { onchain, root, parent, manifestCid, tags } = version
  const [own, before] = await Promise.all([
    ManifestFacts.read(context.store, manifestCid),
    sizeOfParent(context, version),
  ])
  const deprecated = onchain?.deprecated ? { reason: onchain.reason ?? '', successor: onchain.successor } : null
  return {
    ...{ root, manifestCid, commit: version.commit, parent: parent === noRoot ? null : parent, tags, deprecated },
    index: onchain?.index ?? null,
    signer: onchain?.publisher ?? own?.author ?? null,
    delegated: version.delegated,
    anchored: version.anchoredAt !== null,
    tx: onchain?.tx ?? version.tx,
    block: onchain?.block ?? null,
    at: version.createdAt.toISOString(),
    fileCount: version.fileCount,
    sizeBytes: own?.sizeBytes ?? null,
    sizeDelta: own && before !== undefined ? own.sizeBytes - before : null,
    head: root === head,
  }
}

/** Nothing was there before the first version. */
const sizeOfParent = async (
  { catalog: { db }, store }: HubContext,
  { repoId, parent }: VersionTimeline.TimelineVersion,
): Promise<number | undefined> => {
  if (parent === noRoot) return 0
  const cid = await VersionTimeline.manifestOf(db, repoId, parent)
  return cid === undefined ? undefined : (await ManifestFacts.read(store, cid))?.sizeBytes
}
