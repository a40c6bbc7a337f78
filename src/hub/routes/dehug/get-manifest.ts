import { Repo, Tree, Version } from '../../../catalog/index.ts'
import { Bytes, Cid, type Hex, NotFound, RepoId, Version as Selector } from '../../../core/index.ts'
import type { HubWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { ownRepoPath, repoOfPath } from '../../own-repo-path.ts'
import type { Route } from '../../request.ts'

/** A version of a repository: the manifest's own text, and whether the chain has it. */
export const getManifest: Route = (app, context) => {
  app.get(`/api/dehug/manifest/${ownRepoPath}/:version`, async (request): Promise<HubWire.ManifestFound> => {
    const repo = await repoOfPath(context, request)
    const { version = 'head' } = request.params as { version?: string }
    const found = await find(context, repo, version)
    if (!found) throw await missing(context, repo, version)
    const text = await new Response(await readAll(context, found.manifestCid)).text()
    return { manifest: text, cid: found.manifestCid, root: found.root, anchored: found.anchored, tx: found.tx }
  })
}

type Found = { root: string; manifestCid: string; anchored: boolean; tx: string | null }

const readAll = async ({ store }: HubContext, cid: string): Promise<Blob> => {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of await store.open(cid)) chunks.push(chunk as Uint8Array<ArrayBuffer>)
  return new Blob(chunks)
}

const find = async (context: HubContext, repo: Repo.Repo, text: string): Promise<Found | undefined> => {
  const selector = text === 'head' ? ({ kind: 'head' } as const) : Selector.selector(text)
  if (selector.kind === 'root') return byRoot(context, repo, selector.root)
  if (selector.kind === 'commit') return byCommit(context, repo, selector.oid)
  const modelId = (await context.chain?.resolve(Repo.idOf(repo))) ?? undefined
  if (selector.kind === 'tag') {
    const root = modelId === undefined ? undefined : await context.chain?.tagged(modelId, selector.tag)
    if (root) return byRoot(context, repo, root)
    const commit = await Tree.revision(context.catalog.db, repo, selector.tag)
    return commit && byCommit(context, repo, commit.oid)
  }
  if (context.chain) {
    return modelId === undefined ? undefined : byRoot(context, repo, (await context.chain.model(modelId)).head)
  }
  const newest = await Version.newest(context.catalog.db, repo.id)
  return newest && known(newest)
}

const known = (version: Version.Version): Found => ({ ...version, anchored: version.anchoredAt !== null })

const byCommit = async (context: HubContext, repo: Repo.Repo, commit: string): Promise<Found | undefined> => {
  const version = await Version.byCommit(context.catalog.db, repo.id, commit)
  return version && byRoot(context, repo, version.root as Hex)
}

/** The chain decides what is anchored; it also knows versions that were sent past this hub. */
const byRoot = async (context: HubContext, repo: Repo.Repo, root: Hex): Promise<Found | undefined> => {
  const version = await Version.byRoot(context.catalog.db, repo.id, root)
  if (version?.anchoredAt || !context.chain) return version && known(version)
  const modelId = (await context.chain.resolve(Repo.idOf(repo))) ?? 0n
  const onChain = await context.chain.version(modelId, root).catch((error) => {
    if (error instanceof NotFound) return undefined
    throw error
  })
  if (!onChain) return version && known(version)
  const manifestCid = Cid.toString(Cid.fromBytes(Bytes.fromHex(onChain.manifestCid)))
  return { root, manifestCid, anchored: true, tx: version?.tx ?? null }
}

/** Whether there is such a commit, only that nobody signed it, or nothing of this name at all. */
const missing = async ({ catalog }: HubContext, repo: Repo.Repo, version: string): Promise<NotFound> => {
  const name = RepoId.format(Repo.idOf(repo))
  const commit = await Tree.revision(catalog.db, repo, version === 'head' ? 'main' : version)
  return commit ? new NotAnchored(name, commit.oid) : new VersionNotFound(name, version)
}

/** The commit is here, and no owner or delegate vouches for it. */
export class NotAnchored extends NotFound {
  constructor(repo: string, commit: string) {
    super(`The commit ${commit} of ${repo} is not anchored: nobody signed it.`, {
      code: 'not_anchored',
      exitCode: 3,
      hint: `Its owner signs it with \`dehug anchor ${repo}\`; without that nothing but this hub vouches for it.`,
      details: { commit },
    })
  }
}

/** Nothing was published under this version. */
export class VersionNotFound extends NotFound {
  constructor(repo: string, version: string) {
    super(`${repo} has no version "${version.slice(0, 80)}".`, {
      code: 'version_not_found',
      hint: 'Publish it with `dehug push`, or use a root, a commit or a tag that was published.',
    })
  }
}
