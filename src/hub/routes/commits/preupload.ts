import type { FastifyRequest } from 'fastify'
import { Blob, type Repo, Tree } from '../../../catalog/index.ts'
import { Path, type RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import * as Gitattributes from '../../Gitattributes.ts'
import * as Gitignore from '../../Gitignore.ts'
import { readAll } from '../../read-all.ts'
import { commitOf, paramsOf, places, type Route, readableRepo } from '../../request.ts'
import { assertMayCommitTo, refOfUrl } from './target.ts'

/** Files above this size go through LFS whatever .gitattributes says. */
const regularBytes = 10 * 2 ** 20
const rulesBytes = 1_000_000

/** Says how each file is to be sent, and what is there already. */
export const preupload: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/preupload/:rev`, (request) => answer(context, request, type))
  }
}

const answer = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const repo = await readableRepo(context, request, type)
  await assertMayCommitTo(context, request, repo, refOfUrl(request))
  const { files, gitIgnore, gitAttributes } = Struct.parseWith(HubWire.Preupload, request.body, 'list of files')
  const commit = await commitOf(context, repo, paramsOf(request).rev)
  const isLfs = Gitattributes.lfsRule(gitAttributes ?? (await textAt(context, repo, commit, '.gitattributes')))
  const isIgnored = Gitignore.ignoreRule(gitIgnore ?? (await textAt(context, repo, commit, '.gitignore')))
  for (const { path } of files) Path.assertSafe(path)
  const known = await knownFiles(
    context,
    repo,
    commit,
    files.map(({ path }) => path),
  )
  return {
    files: files.map(({ path, sample = '', size }) => {
      const binary = Buffer.from(sample, 'base64').includes(0)
      const lfs = size > 0 && (isLfs(path) || size > regularBytes || binary)
      const blob = known.get(path)
      const oid = blob && (blob.lfs ? blob.sha256 : blob.oid)
      return {
        path,
        uploadMode: lfs ? 'lfs' : 'regular',
        shouldIgnore: isIgnored(path),
        ...(oid === undefined ? {} : { oid }),
      }
    }),
  }
}

/** The contents that lie at these paths now. */
const knownFiles = async (
  { catalog }: HubContext,
  repo: Repo.Repo,
  commit: Tree.Found,
  paths: readonly string[],
): Promise<Map<string, Blob.Blob>> => {
  const nodes = (await Tree.lookUp(catalog.db, repo.id, [commit.tree], paths)).get(commit.tree) ?? new Map()
  const blobs = await Blob.byOid(
    catalog.db,
    repo.id,
    [...nodes.values()].map(({ oid }) => oid),
  )
  return new Map(
    [...nodes].flatMap(([path, { oid }]) => (blobs.has(oid) ? [[path, blobs.get(oid) as Blob.Blob] as const] : [])),
  )
}

/** The text of a small file of the repository; `''` where there is none. */
const textAt = async (context: HubContext, repo: Repo.Repo, commit: Tree.Found, path: string): Promise<string> => {
  const node = await Tree.at(context.catalog.db, repo.id, commit.tree, path)
  const blob = node && (await Blob.byOid(context.catalog.db, repo.id, [node.oid])).get(node.oid)
  if (!blob || blob.size > rulesBytes) return ''
  return (await readAll(await context.store.open(blob.cid))).toString()
}
