import type { FastifyReply, FastifyRequest } from 'fastify'
import { OciDocument, type Repo, Tree } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import { OciWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import * as Gguf from './Gguf.ts'
import * as OciManifest from './OciManifest.ts'
import { commitOfTag, filesOf, ManifestUnknown, type Pulled, pullableRepo, registryPlaces } from './OciRepo.ts'

type Form = OciDocument.OciDocument['form']

/** `GET /v2/{name}/manifests/{tag or digest}`; HEAD too. */
export const getManifest: Route = (app, context) => {
  for (const { type, prefix } of registryPlaces) {
    app.route({
      method: ['GET', 'HEAD'],
      url: `${prefix}/:ns/:name/manifests/:reference`,
      handler: (request, reply) => serve(context, request, reply, type),
    })
  }
}

const serve = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const repo = await pullableRepo(context, request, type)
  const text = (request.params as { reference: string }).reference
  const reference = OciWire.parseReference(text)
  const found =
    reference.kind === 'digest'
      ? await remade(context, repo, reference.hex, 'manifest')
      : await made(context, repo, reference.tag, formOf(request.headers.accept))
  if (!found) throw new ManifestUnknown(text)
  if (request.method === 'GET' && reference.kind === 'tag') context.downloads.count(repo.id)
  reply.headers({
    'content-type': found.mediaType,
    'content-length': found.bytes.length,
    'docker-content-digest': `sha256:${found.digest}`,
    etag: `"sha256:${found.digest}"`,
    vary: 'Accept',
  })
  return request.method === 'HEAD' ? reply.send() : reply.send(found.bytes)
}

/** Ollama accepts one type only, which is not OCI's. */
const formOf = (accept = '*/*'): Form =>
  accept.includes(OciWire.media.dockerManifest) && !accept.includes(OciWire.media.manifest) && !accept.includes('*/*')
    ? 'ollama'
    : 'oci'

/** A tag is a revision, or a quantisation of the newest commit. */
const made = async (
  context: HubContext,
  repo: Repo.Repo,
  tag: string,
  accepted: Form,
): Promise<OciManifest.Document | undefined> => {
  const named = await commitOfTag(context, repo, tag)
  const commit = named ?? (await Tree.revision(context.catalog.db, repo, 'main'))
  if (!commit) return undefined
  const pulled = await filesOf(context, repo, commit)
  const quant = named ? undefined : Gguf.ofQuant(pulled.files, tag)
  if (!named && !quant) return undefined
  const weights = quant ?? Gguf.preferred(pulled.files)
  const form = weights ? accepted : 'oci'
  const file = form === 'ollama' ? (weights?.path ?? '') : (quant?.path ?? '')
  const documents = await build(context, repo, pulled, form, file)
  const { db } = context.catalog
  const rows = (['manifest', 'config'] as const).map((part) => ({
    part,
    form,
    file,
    commit: commit.oid,
    digest: documents[part].digest,
  }))
  await OciDocument.record(db, repo.id, rows, context.clock())
  return documents.manifest
}

/** A document that was handed out before, made again from the same commit. */
export const remade = async (
  context: HubContext,
  repo: Repo.Repo,
  digest: string,
  part: OciDocument.OciDocument['part'],
): Promise<OciManifest.Document | undefined> => {
  const { db } = context.catalog
  const row = await OciDocument.byDigest(db, repo.id, digest)
  const commit = row?.part === part ? await Tree.commitAt(db, repo.id, row.commit) : undefined
  if (!row || !commit) return undefined
  const document = (await build(context, repo, await filesOf(context, repo, commit), row.form, row.file))[part]
  return document.digest === digest ? document : undefined
}

const headBytes = 65_536

const build = async (
  { store }: HubContext,
  repo: Repo.Repo,
  pulled: Pulled,
  form: Form,
  file: string,
): Promise<OciManifest.Documents> => {
  const weights = pulled.files.find(({ path }) => path === file)
  if (form === 'oci' || !weights) return OciManifest.ofModel(repo.type, pulled, file)
  const pieces: Buffer[] = []
  for await (const piece of await store.open(weights.cid, { end: Math.min(headBytes, weights.size) }))
    pieces.push(piece)
  return OciManifest.ofOllama(pulled, file, Gguf.architectureOf(Buffer.concat(pieces)) ?? 'unknown')
}
