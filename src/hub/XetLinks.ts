import type { FastifyRequest } from 'fastify'
import { type Blob, Repo, type Tree, Xet } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { originOf, places } from './request.ts'

/** Below this path of our origin is the content-addressed store that Xet clients talk to. */
export const casPath = '/xet'

/** What browsers' clients ask for where they can put a file together by themselves. */
export const infoType = 'application/vnd.xet-fileinfo+json'

/** Where a client finds the chunks of a file and the right to fetch them; undefined for a file that is kept whole. */
export type XetLinks = { hash: string; refreshUrl: string; reconstructionUrl: string }

export const of = async (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
  commit: Tree.Found,
  blob: Blob.Blob,
): Promise<XetLinks | undefined> => {
  const hash = (await Xet.hashes(context.catalog.db, [blob.cid])).get(blob.cid)
  const recipe = hash === undefined ? undefined : await context.store.xorbs.recipe(blob.cid)
  if (!recipe || recipe.hash !== hash) return undefined
  const origin = originOf(context, request)
  const api = places.find(({ type }) => type === repo.type)?.api
  return {
    hash,
    refreshUrl: `${origin}${api}/${RepoId.format(Repo.idOf(repo))}/xet-read-token/${commit.oid}`,
    reconstructionUrl: `${origin}${casPath}/v1/reconstructions/${hash}`,
  }
}

/** The same as headers of the file's own answer. */
export const headers = ({ hash, refreshUrl, reconstructionUrl }: XetLinks): Record<string, string> => ({
  'x-xet-hash': hash,
  link: `<${refreshUrl}>; rel="xet-auth", <${reconstructionUrl}>; rel="xet-reconstruction-info"`,
})
