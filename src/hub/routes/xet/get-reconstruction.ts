import type { FastifyReply, FastifyRequest } from 'fastify'
import { Blob, Xet } from '../../../catalog/index.ts'
import { NotFound, XetHash } from '../../../core/index.ts'
import type { Recipe } from '../../../store/index.ts'
import type { XetWire } from '../../../wire/index.ts'
import * as ByteRange from '../../ByteRange.ts'
import type { HubContext } from '../../context.ts'
import { originOf, paramsOf, type Route } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import { type Reconstruction, reconstruct } from './reconstruct.ts'
import * as XetGrant from './XetGrant.ts'
import { ownCredentials, type XetCaller, xetCaller } from './xet-caller.ts'

const linkLifetimeMs = 15 * 60_000
/** Keeps links shorter than what proxies take. */
const rangesPerLink = 100

/** What to fetch, and where, to have a file or bytes of it; version 2 with one link for many ranges of a xorb. */
export const getReconstruction: Route = (app, context) => {
  for (const version of [1, 2] as const) {
    app.get(`${casPath}/v${version}/reconstructions/:name`, ownCredentials, (request, reply) =>
      answer(context, request, reply, version),
    )
  }
}

const answer = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, version: 1 | 2) => {
  const caller = await xetCaller(context, request)
  const recipe = await findRecipe(context, caller, paramsOf(request).name ?? '')
  const range = ByteRange.parse(request.headers.range, recipe.size)
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${recipe.size}`).send()
  const { start, end } = range ?? { start: 0, end: recipe.size - 1 }
  const found = await reconstruct(context.store.xorbs, recipe, { start, end: end + 1 })
  const link = linker(context, request)
  return version === 1 ? v1(found, link) : v2(found, link)
}

/** A file of the token's repository, or one that its user sent. Throws {@link NoSuchXetFile} for all others alike. */
const findRecipe = async (
  { catalog: { db }, store }: HubContext,
  { repo, holder }: XetCaller,
  hash: string,
): Promise<Recipe> => {
  XetHash.parse(hash)
  const file = (await Xet.inRepo(db, repo.id, hash)) ?? (holder && (await sentBy(db, holder, hash)))
  const recipe = file && (await store.xorbs.recipe(file.cid))
  if (recipe?.hash !== hash) throw new NoSuchXetFile(hash)
  return recipe
}

const sentBy = async (db: HubContext['catalog']['db'], holder: NonNullable<XetCaller['holder']>, hash: string) => {
  const file = await Xet.byHash(db, hash)
  return file && (await Blob.referable(db, file.sha256, holder)) ? file : undefined
}

type Link = (xorb: string, ranges: XetWire.Range[]) => string

const linker = (context: HubContext, request: FastifyRequest): Link => {
  const base = `${originOf(context, request)}${casPath}/v1/xorbs/default`
  const expiresAt = context.clock().getTime() + linkLifetimeMs
  return (xorb, ranges) => `${base}/${xorb}?${XetGrant.sealLink(context.linkKey, xorb, ranges, expiresAt)}`
}

const v1 = ({ offset, terms, fetches }: Reconstruction, link: Link): XetWire.ReconstructionV1 => ({
  offset_into_first_range: offset,
  terms,
  fetch_info: mapValues(fetches, (xorb, parts) =>
    parts.map(({ chunks, bytes }) => ({ range: chunks, url: link(xorb, [bytes]), url_range: bytes })),
  ),
})

const v2 = ({ offset, terms, fetches }: Reconstruction, link: Link): XetWire.ReconstructionV2 => ({
  offset_into_first_range: offset,
  terms,
  xorbs: mapValues(fetches, (xorb, parts) => {
    const pages = Array.from({ length: Math.ceil(parts.length / rangesPerLink) }, (_, page) =>
      parts.slice(page * rangesPerLink, (page + 1) * rangesPerLink),
    )
    return pages.map((ranges) => ({
      url: link(
        xorb,
        ranges.map(({ bytes }) => bytes),
      ),
      ranges,
    }))
  }),
})

const mapValues = <V, W>(from: Map<string, V>, to: (key: string, value: V) => W): Record<string, W> =>
  Object.fromEntries([...from].map(([key, value]) => [key, to(key, value)]))

/** The repository has no file with this Xet hash. */
export class NoSuchXetFile extends NotFound {
  constructor(hash: string) {
    super(`This repository has no file ${hash}.`, { code: 'no_such_xet_file' })
  }
}
