import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Blob, GitObject, type Repo, Tree } from '../../../catalog/index.ts'
import { Fault, type RepoId } from '../../../core/index.ts'
import * as ByteRange from '../../ByteRange.ts'
import type { HubContext } from '../../context.ts'
import { EntryNotFound, RepoNotFound } from '../../errors.ts'
import { assertMayDownload } from '../../Gate.ts'
import { commitOf, paramsOf, places, type Route, readableRepo } from '../../request.ts'
import * as XetLinks from '../../XetLinks.ts'

/** A file's bytes (`resolve`), or what git holds for it (`raw`: the pointer of a large file); HEAD too. */
export const getFile: Route = (app, context) => {
  for (const { type, files } of places) {
    for (const kind of ['resolve', 'raw'] as const) {
      app.route({
        method: ['GET', 'HEAD'],
        url: `${files}/:ns/:name/${kind}/:rev/*`,
        handler: (request, reply) => serve(context, request, reply, type, kind),
      })
    }
  }
  app.route({
    method: ['GET', 'HEAD'],
    url: '/:name/resolve/:rev/*',
    handler: async (request) => {
      throw new RepoNotFound(paramsOf(request).name ?? '')
    },
  })
}

/**
 * The README says what one asks for, so a gate leaves it open: only as writers of the repository wrote it, because whoever
 * may open pull requests could call any file README.md there.
 */
const isFront = (repo: Repo.Repo, revision: string | undefined, path: string): boolean =>
  path === 'README.md' && ['main', 'HEAD', 'refs/heads/main', repo.head].includes(revision ?? 'main')

type File = { size: number; etag: string; open(start: number, end: number): Promise<Readable> }

const serve = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  type: RepoId.RepoType,
  kind: 'resolve' | 'raw',
) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  const { rev, '*': path = '' } = paramsOf(request)
  if (!isFront(repo, rev, path)) await assertMayDownload(context, request, repo)
  const commit = await commitOf(context, repo, rev)
  const node = await Tree.at(db, repo.id, commit.tree, path)
  if (node?.type !== 'file') throw new EntryNotFound(path, commit.oid)
  const blob = (await Blob.byOid(db, repo.id, [node.oid])).get(node.oid)
  if (!blob) throw new Fault(`The contents of "${path}" are not recorded.`, { code: 'blob_missing' })
  if (kind === 'resolve' && blob.lfs) {
    reply.headers({ 'x-linked-etag': `"${blob.sha256}"`, 'x-linked-size': blob.size })
  }
  reply.headers({ 'x-repo-commit': commit.oid, ...fileHeaders(path) })
  const xet = kind === 'resolve' && blob.lfs ? await XetLinks.of(context, request, repo, commit, blob) : undefined
  if (xet) reply.headers(XetLinks.headers(xet))
  if (xet && request.headers.accept?.includes(XetLinks.infoType)) {
    return reply.headers({ etag: `"${blob.sha256}"`, 'content-type': XetLinks.infoType }).send(JSON.stringify(xet))
  }
  const sent = await answer(request, reply, kind === 'raw' && blob.lfs ? pointerFile(blob) : storedFile(context, blob))
  const isWhole = request.method === 'GET' && !request.headers.range && reply.statusCode === 200
  if (isWhole && request.headers['x-hf-download-counter']) context.downloads.count(repo.id)
  return sent
}

const pointerFile = (blob: Blob.Blob): File => {
  const bytes = GitObject.lfsPointer(blob.sha256, blob.size)
  return {
    size: bytes.length,
    etag: blob.oid,
    open: async (start, end) => Readable.from([bytes.subarray(start, end)], { objectMode: false }),
  }
}

const storedFile = ({ store }: HubContext, blob: Blob.Blob): File => ({
  size: blob.size,
  etag: blob.lfs ? blob.sha256 : blob.oid,
  open: (start, end) => store.open(blob.cid, { start, end }),
})

const answer = async (request: FastifyRequest, reply: FastifyReply, file: File) => {
  reply.header('etag', `"${file.etag}"`)
  if (request.headers['if-none-match']?.includes(`"${file.etag}"`)) return reply.code(304).send()
  const range = ByteRange.parse(request.headers.range, file.size)
  const wanted = range === undefined || rangeStillApplies(request, file) ? range : undefined
  // Clients that probe with `bytes=0-0` expect success for an empty file.
  if (wanted === 'unsatisfiable') {
    reply.header('content-range', `bytes */${file.size}`)
    if (file.size > 0) return reply.code(416).send()
  }
  const { start, end } =
    typeof wanted === 'object' ? { start: wanted.start, end: wanted.end + 1 } : { start: 0, end: file.size }
  if (typeof wanted === 'object') {
    reply.code(206).header('content-range', `bytes ${wanted.start}-${wanted.end}/${file.size}`)
  }
  reply.header('content-length', end - start)
  if (request.method === 'HEAD' || end === start) return reply.send(request.method === 'HEAD' ? undefined : '')
  return reply.send(await file.open(start, end))
}

const rangeStillApplies = (request: FastifyRequest, file: File): boolean => {
  const condition = request.headers['if-range']
  return condition === undefined || condition === `"${file.etag}"`
}

const texts =
  /\.(txt|md|json|jsonl|ya?ml|csv|tsv|py|js|ts|toml|cfg|ini|xml|html?|css|svg|log|sh|jinja|gitattributes|gitignore)$|(^|\/)(LICENSE|NOTICE|SHA256SUMS)$/i
const images: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
}

/** People's files share our origin, so nothing of theirs may run in a browser. */
const fileHeaders = (path: string): Record<string, string> => {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const image = images[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  return {
    'content-type': image ?? (texts.test(path) ? 'text/plain; charset=utf-8' : 'application/octet-stream'),
    'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent(name)}; filename="${plain}";`,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  }
}
