import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Blob, type Repo, Tree } from '../../../catalog/index.ts'
import { Path, type RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import * as Gitattributes from '../../Gitattributes.ts'
import * as Gitignore from '../../Gitignore.ts'
import { assertWritable, commitOf, paramsOf, places, type Route, readableRepo } from '../../request.ts'

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
  await assertWritable(context, request, repo)
  const { files, gitIgnore, gitAttributes } = Struct.parseWith(HubWire.Preupload, request.body, 'list of files')
  const commit = await commitOf(context, repo, paramsOf(request).rev)
  const isLfs = Gitattributes.lfsRule(gitAttributes ?? (await textAt(context, repo, commit, '.gitattributes')))
  const isIgnored = Gitignore.ignoreRule(gitIgnore ?? (await textAt(context, repo, commit, '.gitignore')))
  const known = await knownFiles(context, repo, commit)
  return {
    files: files.map(({ path, sample = '', size }) => {
      Path.assertSafe(path)
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

const knownFiles = async (
  { catalog }: HubContext,
  repo: Repo.Repo,
  commit: Tree.Found,
): Promise<Map<string, Blob.Blob>> => {
  const root: Tree.Node = { path: '', type: 'directory', oid: commit.tree }
  const nodes = (await Tree.list(catalog.db, repo.id, root, true)).filter(({ type }) => type === 'file')
  const blobs = await Blob.byOid(
    catalog.db,
    repo.id,
    nodes.map(({ oid }) => oid),
  )
  return new Map(
    nodes.flatMap(({ path, oid }) => (blobs.has(oid) ? [[path, blobs.get(oid) as Blob.Blob] as const] : [])),
  )
}

/** The text of a small file of the repository; `''` where there is none. */
const textAt = async (context: HubContext, repo: Repo.Repo, commit: Tree.Found, path: string): Promise<string> => {
  const node = await Tree.at(context.catalog.db, repo.id, commit.tree, path)
  const blob = node && (await Blob.byOid(context.catalog.db, repo.id, [node.oid])).get(node.oid)
  if (!blob || blob.size > rulesBytes) return ''
  return readText(await context.store.open(blob.cid))
}

const readText = async (source: Readable): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
