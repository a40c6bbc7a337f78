import { BadInput, DehugError } from '../../core/index.ts'

/** How an answer is wanted: the file's bytes, one block, or a CAR. */
export type Format = 'bytes' | 'raw' | 'car'

/** Which blocks a CAR holds below the end of the path. */
export type DagScope = 'block' | 'entity' | 'all'

/** `from` and `to` count from the start, or from the end when negative; `to` is inclusive, undefined for the end. */
export type EntityBytes = { from: number; to: number | undefined }

export type CarOptions = { scope: DagScope; bytes: EntityBytes | undefined; dups: boolean }

export type GatewayRequest = {
  format: Format
  /** True when the Accept header alone chose the format. */
  negotiated: boolean
  car: CarOptions
}

type Query = Record<string, unknown>

const mediaTypes: Record<string, Format | 'unsupported'> = {
  'application/vnd.ipld.raw': 'raw',
  'application/vnd.ipld.car': 'car',
  'application/vnd.ipfs.ipns-record': 'unsupported',
  'application/vnd.ipld.dag-json': 'unsupported',
  'application/vnd.ipld.dag-cbor': 'unsupported',
  'application/x-tar': 'unsupported',
}

/** Reads the query and the Accept header. Throws {@link NotAcceptable} or {@link BadGatewayQuery}. */
export function parse(query: Query, accept: string | undefined): GatewayRequest {
  const wanted = negotiate(accept)
  const named = single(query, 'format')
  if (named !== undefined && named !== 'raw' && named !== 'car') throw new NotAcceptable(`format=${named}`)
  const format = named ?? wanted.format
  const parameters = format === 'car' && wanted.format === 'car' ? wanted.parameters : {}
  return { format, negotiated: named === undefined && format !== 'bytes', car: carOptions(query, parameters) }
}

function carOptions(query: Query, accepted: Record<string, string>): CarOptions {
  const version = single(query, 'car-version') ?? accepted.version ?? '1'
  if (version !== '1') throw new NotAcceptable(`CAR version ${version}`)
  const order = single(query, 'car-order') ?? accepted.order ?? 'dfs'
  if (order !== 'dfs' && order !== 'unk') throw new NotAcceptable(`CAR order ${order}`)
  const dups = single(query, 'car-dups') ?? accepted.dups ?? 'n'
  if (dups !== 'y' && dups !== 'n') throw new NotAcceptable(`CAR dups ${dups}`)
  const scope = single(query, 'dag-scope') ?? 'all'
  if (scope !== 'all' && scope !== 'entity' && scope !== 'block') {
    throw new BadGatewayQuery(`dag-scope is block, entity or all, not ${JSON.stringify(scope)}.`)
  }
  const bytes = single(query, 'entity-bytes')
  if (bytes === undefined) return { scope, bytes: undefined, dups: dups === 'y' }
  return { scope: 'entity', bytes: parseEntityBytes(bytes), dups: dups === 'y' }
}

/** Reads `from:to`, e.g. `0:*`, `-1024:*`, `499:-1000`. Throws {@link BadGatewayQuery}. */
export function parseEntityBytes(text: string): EntityBytes {
  const [, from, to] = /^(-?\d{1,16}):(-?\d{1,16}|\*)$/.exec(text) ?? []
  const parsed = { from: Number(from), to: to === '*' ? undefined : Number(to) }
  const isSafe = Number.isSafeInteger(parsed.from) && (parsed.to === undefined || Number.isSafeInteger(parsed.to))
  if (from === undefined || !isSafe) {
    throw new BadGatewayQuery(`entity-bytes is from:to in integers or *, not ${JSON.stringify(text)}.`)
  }
  return parsed
}

/** The bytes `start` (inclusive) to `end` (exclusive) that entity-bytes mean in a file of `size`; outside when none. */
export function resolveEntityBytes(
  { from, to }: EntityBytes,
  size: number,
): { start: number; end: number } | 'outside' {
  const start = from < 0 ? Math.max(0, size + from) : from
  const last = to === undefined ? size - 1 : to < 0 ? size + to : Math.min(to, size - 1)
  if (start >= size || last < 0) return 'outside'
  return { start, end: Math.max(start, last + 1) }
}

/**
 * One range of a Range header (RFC 9110 §14): undefined when there is none, it is malformed, or asks for several;
 * `unsatisfiable` when it lies outside. `end` is exclusive.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    const suffix = Number(last)
    return suffix === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - suffix), end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

type Wanted = { format: Format; parameters: Record<string, string> }

function negotiate(accept: string | undefined): Wanted {
  const ranges = (accept ?? '')
    .slice(0, 2048)
    .split(',')
    .map((one) => {
      const [type = '', ...rest] = one.split(';').map((part) => part.trim().toLowerCase())
      const parameters = Object.fromEntries(
        rest.map((part) => part.split('=', 2).map((side) => side.trim().replaceAll('"', ''))),
      )
      return { type, parameters, q: parameters.q === undefined ? 1 : Number(parameters.q) }
    })
    .filter(({ type, q }) => type !== '' && q > 0)
  const best = ranges.reduce((a, b) => (b.q > a.q ? b : a), { type: '*/*', parameters: {}, q: 0 })
  const format = mediaTypes[best.type] ?? 'bytes'
  if (format !== 'unsupported') return { format, parameters: best.parameters }
  const other = ranges.find(({ type }) => mediaTypes[type] !== 'unsupported')
  if (!other) throw new NotAcceptable(`Accept: ${best.type}`)
  return { format: (mediaTypes[other.type] as Format | undefined) ?? 'bytes', parameters: other.parameters }
}

function single(query: Query, name: string): string | undefined {
  const value = query[name]
  if (Array.isArray(value)) throw new BadGatewayQuery(`${name} is given ${value.length} times; give it once.`)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The representation asked for is not one this gateway makes. */
export class NotAcceptable extends DehugError {
  constructor(wanted: string) {
    super(`This gateway does not answer with ${wanted}.`, {
      code: 'not_acceptable',
      status: 406,
      hint: 'Ask for format=raw, format=car (version 1, order dfs), or the plain bytes.',
    })
  }
}

/** A query parameter of the gateway is malformed. */
export class BadGatewayQuery extends BadInput {
  constructor(message: string) {
    super(message, { code: 'bad_gateway_query', hint: 'See https://specs.ipfs.tech/http-gateways/trustless-gateway/.' })
  }
}
