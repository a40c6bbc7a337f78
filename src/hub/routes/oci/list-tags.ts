import type { FastifyReply, FastifyRequest } from 'fastify'
import { Ref, Tree } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import { OciWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { linkNext, numberParam, paramsOf, type Route, textParam } from '../../request.ts'
import * as Gguf from './Gguf.ts'
import { filesOf, pullableRepo, registryPlaces } from './OciRepo.ts'

const mostTags = 10_000

/** `GET /v2/{name}/tags/list`: branches, tags and quantisations, a page at a time where `n` is given. */
export const listTags: Route = (app, context) => {
  for (const { type, prefix } of registryPlaces) {
    app.get(`${prefix}/:ns/:name/tags/list`, (request, reply) => list(context, request, reply, type))
  }
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const repo = await pullableRepo(context, request, type)
  const { db } = context.catalog
  const refs = await Ref.list(db, repo.id, ['refs/heads/', 'refs/tags/'])
  const names = refs.flatMap(({ name }) => /^refs\/(?:heads|tags)\/(.+)$/.exec(name)?.[1] ?? [])
  const commit = await Tree.revision(db, repo, 'main')
  const files = commit ? (await filesOf(context, repo, commit)).files : []
  const quants = Gguf.filesOf(files).flatMap(({ path }) => Gguf.quantOf(path) ?? [])
  const all = [...new Set(['latest', ...names, ...quants])].filter(OciWire.isTag).sort()
  const last = textParam(request, 'last') ?? ''
  const size = numberParam(request, 'n', mostTags, mostTags)
  const rest = all.filter((tag) => tag > last)
  const tags = rest.slice(0, size)
  if (rest.length > size) linkNext(context, request, reply, { last: tags.at(-1) as string })
  const { ns, name } = paramsOf(request)
  return { name: `${type === 'model' ? '' : `${type}s/`}${ns}/${name}`, tags }
}
