import { LicenseCheck, Lineage, Onchain, Repo } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import type { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { type Route, readableRepo } from '../../request.ts'
import { forkBpsOf, licenseOf } from './card-terms.ts'
import { kinds } from './kinds.ts'
import * as ManifestFacts from './ManifestFacts.ts'

/** Where a repository comes from and what was made of it: a graph of what manifests, cards and forks say. */
export const getLineage: Route = (app, context) => {
  for (const { type, at } of kinds) {
    app.get(`${at}/lineage`, async (request): Promise<FactsWire.Lineage> => {
      const repo = await readableRepo(context, request, type)
      const edgesOf = async (cid: string) => (await ManifestFacts.read(context.store, cid))?.edges ?? []
      return show(context, await Lineage.of(context.catalog.db, repo, request.holder, edgesOf))
    })
  }
}

const show = async ({ catalog: { db } }: HubContext, lineage: Lineage.Lineage): Promise<FactsWire.Lineage> => {
  const { edges, repos, names, truncated } = lineage
  const keys = [...new Set([lineage.self, ...edges.flatMap(({ child, parent }) => [child, parent])])]
  const onchain = await Onchain.models(db, [...repos.keys()])
  const nameOf = (key: string): string => {
    const repo = repos.get(key)
    return repo ? `${repo.type}:${RepoId.format(Repo.idOf(repo))}` : (names.get(key) ?? key)
  }
  const node = (key: string) => {
    const repo = repos.get(key)
    const minted = onchain.get(key)
    return {
      ...{ repo: nameOf(key), known: repo !== undefined, license: repo ? licenseOf(repo) : null },
      ...{ task: repo?.pipelineTag ?? null, downloads: repo?.downloads ?? null },
      ...{ modelId: minted?.modelId.toString() ?? null, head: minted?.head ?? null },
    }
  }
  const edge = (one: Lineage.Edge) => {
    const [child, parent] = [repos.get(one.child), repos.get(one.parent)]
    const { verdict } = LicenseCheck.check(child ? licenseOf(child) : null, parent ? licenseOf(parent) : null)
    const forkBps = parent ? forkBpsOf(parent) : null
    return { ...one, child: nameOf(one.child), parent: nameOf(one.parent), forkBps, verdict }
  }
  return { self: nameOf(lineage.self), nodes: keys.map(node), edges: edges.map(edge), truncated }
}
