import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Tree } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import * as FileInfo from '../../FileInfo.ts'
import { commitOf, paramsOf, places, type Route, readableRepo } from '../../request.ts'

const oneOrMany = <T extends z.ZodType>(item: T) => z.union([z.array(item), item.transform((one) => [one])])

/** Python sends a form, where every field is a list; JavaScript sends JSON. */
const schema = z.object({
  paths: oneOrMany(z.string()).default([]),
  expand: oneOrMany(z.union([z.boolean(), z.string()])).default([false]),
})
const maxPaths = 5000

/** What lies at the given paths; those where nothing does are left out. */
export const getPathsInfo: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/paths-info/:rev`, (request) => find(context, request, type))
  }
}

const find = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  const commit = await commitOf(context, repo, paramsOf(request).rev)
  const { paths, expand } = Struct.parseWith(schema, request.body ?? {}, 'list of paths')
  const wanted = [...new Set(paths.map((path) => path.replace(/^\/+|\/+$/g, '')))].slice(0, maxPaths)
  const found = (await Tree.lookUp(db, repo.id, [commit.tree], wanted)).get(commit.tree)
  const nodes = wanted.flatMap((path) => found?.get(path) ?? [])
  const files = await FileInfo.describe(db, repo, commit, nodes, /^true$/i.test(String(expand[0])))
  return files.map(copyable)
}

/**
 * Clients copy a large file to another repository only where it has a Xet hash, which they hand back unread. One that is
 * kept whole gets its digest there, in a form that no client takes for a hash to download by.
 */
const copyable = (file: FileInfo.FileInfo): FileInfo.FileInfo =>
  file.lfs && !file.xetHash ? { ...file, xetHash: `sha256:${file.lfs.oid}` } : file
