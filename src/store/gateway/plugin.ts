import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { BadInput, Cid, DehugError, type UnixFs } from '../../core/index.ts'
import { NotStored, type Store } from '../Store.ts'
import { carOf, probeCar, probeCid } from './car.ts'
import * as Dag from './Dag.ts'
import { directoryPage } from './directory-page.ts'
import * as GatewayRequest from './GatewayRequest.ts'

export type GatewayOptions = {
  /** Whether the public may have this file or directory. A block is served when a file that holds it is visible. Default: all. */
  visible?: (cid: string) => boolean | Promise<boolean>
}

const immutable = 'public, max-age=29030400, immutable'
const exposed = 'Content-Length, Content-Range, Content-Disposition, Etag, X-Ipfs-Path, X-Ipfs-Roots'

type Params = { cid: string; '*'?: string }
type Request = FastifyRequest<{ Params: Params }>

/**
 * Serves a store as an IPFS gateway: `/ipfs/{cid}[/path]` as plain bytes, `format=raw` or `format=car`.
 * Source: https://specs.ipfs.tech/http-gateways/trustless-gateway/ and path-gateway.
 */
export function gatewayPlugin(store: Store, { visible = () => true }: GatewayOptions = {}): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    app.addHook('onRequest', async (_, reply) => {
      reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed })
    })
    app.setErrorHandler(async (error, request, reply) => {
      if (!(error instanceof DehugError) && !isClientFault(error)) request.log.error(error)
      const problem = DehugError.toProblem(isClientFault(error) ? new BadInput(error.message) : error)
      return await reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
    })
    for (const url of ['/ipfs/:cid', '/ipfs/:cid/*']) {
      app.route<{ Params: Params }>({
        method: ['GET', 'HEAD'],
        url,
        exposeHeadRoute: false,
        handler: (request, reply) => answer(store, visible, request, reply),
      })
      app.options(url, async (_, reply) => {
        const allowed = 'Accept, Cache-Control, If-None-Match, If-Range, Range'
        reply.headers({ 'access-control-allow-methods': 'GET, HEAD, OPTIONS', 'access-control-allow-headers': allowed })
        return await reply.code(204).send()
      })
    }
  }
}

type Visible = NonNullable<GatewayOptions['visible']>

async function answer(store: Store, visible: Visible, request: Request, reply: FastifyReply): Promise<FastifyReply> {
  const wanted = GatewayRequest.parse(request.query as Record<string, unknown>, request.headers.accept)
  if (request.params.cid === probeCid && !request.params['*']) return await answerProbe(wanted, request, reply)
  const root = Cid.parse(request.params.cid)
  const segments = (request.params['*'] ?? '').split('/').filter(Boolean)
  const resolved = await resolveVisible(store, visible, root, segments).catch((error: unknown) => {
    if (error instanceof NotStored && isOnlyIfCached(request)) throw new NotCached(error.message)
    throw error
  })
  reply.headers({
    'cache-control': immutable,
    'x-ipfs-path': encodeURI(`/ipfs/${[request.params.cid, ...segments].join('/')}`),
    'x-ipfs-roots': resolved.roots.join(','),
    'x-content-type-options': 'nosniff',
    vary: 'Accept',
  })
  if (wanted.negotiated) reply.header('content-location', contentLocation(request, wanted.format))
  if (wanted.format === 'car') return await answerCar(store, resolved, root, wanted.car, request, reply)
  if (wanted.format === 'raw') return await answerRaw(resolved, request, reply)
  if (resolved.node && resolved.node.type !== 'file')
    return await answerDirectory(store, resolved.node, resolved, request, reply)
  return await answerBytes(store, resolved, segments.at(-1), request, reply)
}

async function resolveVisible(
  store: Store,
  visible: Visible,
  root: Cid.Cid,
  segments: string[],
): Promise<Dag.Resolved> {
  const text = Cid.toString(root)
  const resolved = await Dag.resolve(store, root, segments).catch((error: unknown) => ({ error }))
  if (await isVisible(store, visible, text)) {
    if ('error' in resolved) throw resolved.error
    return resolved
  }
  throw new NotStored(text)
}

async function isVisible(store: Store, visible: Visible, cid: string): Promise<boolean> {
  if (await visible(cid)) return true
  for (const owner of await store.owners(cid)) if (await visible(owner)) return true
  return false
}

async function answerRaw({ cid, bytes }: Dag.Resolved, request: Request, reply: FastifyReply): Promise<FastifyReply> {
  const text = Cid.toString(cid)
  reply.headers({
    'content-type': 'application/vnd.ipld.raw',
    'content-disposition': `attachment; filename="${text}.bin"`,
  })
  return await sendRange(request, reply, { etag: `${text}.raw`, size: bytes.length }, async ({ start, end }) =>
    bytes.subarray(start, end),
  )
}

async function answerBytes(
  store: Store,
  resolved: Dag.Resolved,
  name: string | undefined,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const text = Cid.toString(resolved.cid)
  reply.headers({
    'content-type': 'application/octet-stream',
    'content-disposition': attachment(name ?? text),
    'content-security-policy': "default-src 'none'; sandbox",
  })
  return await sendRange(request, reply, { etag: text, size: Dag.fileSize(resolved)! }, async (range) => {
    return await store.open(text, range).catch((error: unknown) => {
      if (error instanceof NotStored) return Readable.from(Dag.readFile(store, resolved, range), { objectMode: false })
      throw error
    })
  })
}

async function answerCar(
  store: Store,
  resolved: Dag.Resolved,
  root: Cid.Cid,
  { scope, bytes, dups }: GatewayRequest.CarOptions,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const size = Dag.fileSize(resolved)
  const range = bytes && size !== undefined && size > 0 ? GatewayRequest.resolveEntityBytes(bytes, size) : undefined
  if (range === 'outside')
    throw new GatewayRequest.BadGatewayQuery(`entity-bytes lie outside the ${size} bytes of this file.`)
  const isEmpty = range && range.start === range.end
  const text = Cid.toString(resolved.cid)
  const parts = [
    text,
    'car',
    isEmpty ? 'block' : scope,
    range && `${range.start}-${range.end}`,
    dups ? 'y' : 'n',
    trailTag(resolved),
  ]
  reply.headers({
    'content-type': `application/vnd.ipld.car; version=1; order=dfs; dups=${dups ? 'y' : 'n'}`,
    'content-disposition': `attachment; filename="${text}.car"`,
    'accept-ranges': 'none',
    etag: `"${parts.filter(Boolean).join('.')}"`,
  })
  if (isNotModified(request, reply)) return await reply.code(304).send()
  if (request.method === 'HEAD') return await reply.send()
  const blocks = async function* () {
    yield* resolved.trail
    if (scope === 'block' || isEmpty) yield { cid: resolved.cid, bytes: resolved.bytes }
    else yield* Dag.walk(store, resolved, { scope, range })
  }
  return await reply.send(Readable.from(carOf(root, blocks(), { dups }), { objectMode: false }))
}

async function answerDirectory(
  store: Store,
  node: UnixFs.Node,
  { cid, roots }: Dag.Resolved,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [path = '', query] = request.url.split('?', 2)
  if (!path.endsWith('/')) return await reply.redirect(`${path}/${query ? `?${query}` : ''}`, 301)
  reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'public, max-age=604800',
    etag: `"DirIndex-1_CID-${Cid.toString(cid)}"`,
  })
  if (isNotModified(request, reply)) return await reply.code(304).send()
  if (request.method === 'HEAD') return await reply.send()
  return await reply.send(await directoryPage(roots.length > 1 ? path : Cid.toString(cid), Dag.entries(store, node)))
}

async function answerProbe(
  wanted: GatewayRequest.GatewayRequest,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const isCar = wanted.format === 'car'
  reply.headers({
    'content-type': isCar ? 'application/vnd.ipld.car; version=1; order=dfs; dups=n' : 'application/vnd.ipld.raw',
    'content-disposition': `attachment; filename="${probeCid}.${isCar ? 'car' : 'bin'}"`,
    'cache-control': immutable,
    etag: `"${probeCid}.${isCar ? 'car' : 'raw'}"`,
  })
  if (request.method === 'HEAD') return await reply.send()
  return await reply.send(Buffer.from(isCar ? probeCar() : []))
}

type Range = { start: number; end: number }

async function sendRange(
  request: Request,
  reply: FastifyReply,
  { etag, size }: { etag: string; size: number },
  read: (range: Range) => Promise<Readable | Uint8Array>,
): Promise<FastifyReply> {
  const ifRange = request.headers['if-range']
  const isSame = ifRange === undefined || ifRange === `"${etag}"` || String(ifRange).startsWith(`"${etag}.`)
  const range = isSame ? GatewayRequest.parseRange(request.headers.range, size) : undefined
  reply.header('accept-ranges', 'bytes')
  if (range === 'unsatisfiable') {
    reply.removeHeader('cache-control').header('content-range', `bytes */${size}`)
    throw new RangeNotSatisfiable(request.headers.range!, size)
  }
  const { start, end } = range ?? { start: 0, end: size }
  reply.header('etag', range ? `"${etag}.${start}-${end - 1}"` : `"${etag}"`)
  if (isNotModified(request, reply)) return await reply.code(304).send()
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
  reply.header('content-length', end - start)
  if (request.method === 'HEAD') return await reply.send()
  return await reply.send(await read({ start, end }))
}

function isNotModified(request: Request, reply: FastifyReply): boolean {
  const given = request.headers['if-none-match']
  if (given === undefined) return false
  const etag = String(reply.getHeader('etag'))
  return given.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}

function isOnlyIfCached(request: Request): boolean {
  return /(^|,)\s*only-if-cached\s*(,|$)/i.test(request.headers['cache-control'] ?? '')
}

function contentLocation(request: Request, format: GatewayRequest.Format): string {
  return `${request.url}${request.url.includes('?') ? '&' : '?'}format=${format}`
}

/** Two paths may end at the same CID, but their CARs start with different blocks. */
function trailTag({ roots }: Dag.Resolved): string {
  return roots.length === 1 ? '' : createHash('sha256').update(roots.join()).digest('hex').slice(0, 16)
}

function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_')
  return ascii === name
    ? `attachment; filename="${name}"`
    : `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`
}

function isClientFault(error: unknown): error is Error {
  const status = (error as { statusCode?: number }).statusCode ?? 500
  return !(error instanceof DehugError) && status >= 400 && status < 500
}

/** `only-if-cached` was asked for, and the content is not here. */
export class NotCached extends DehugError {
  constructor(message: string) {
    super(message, { code: 'not_cached', status: 412, hint: 'Ask another gateway, or leave out only-if-cached.' })
  }
}

/** The Range header asks for bytes outside the file. */
export class RangeNotSatisfiable extends DehugError {
  constructor(range: string, size: number) {
    super(`The range ${JSON.stringify(range)} lies outside the ${size} bytes there are.`, {
      code: 'range_not_satisfiable',
      status: 416,
      hint: `Ask for bytes within 0-${Math.max(0, size - 1)}.`,
      details: { size },
    })
  }
}
