import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HubContext } from '../../context.ts'
import { paramsOf, type Route } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import * as XetGrant from './XetGrant.ts'
import { ownCredentials } from './xet-caller.ts'

const maxRanges = 1000

/** Ranges of a xorb for who has a link to them; several at once as `multipart/byteranges` (RFC 9110, section 14.6). */
export const getXorb: Route = (app, context) => {
  app.get(`${casPath}/v1/xorbs/default/:name`, ownCredentials, (request, reply) => serve(context, request, reply))
}

const serve = async (context: HubContext, request: FastifyRequest, reply: FastifyReply) => {
  const xorb = paramsOf(request).name ?? ''
  const allowed = XetGrant.openLink(context.linkKey, xorb, request.query as Record<string, unknown>, context.clock())
  const wanted = rangesOf(request.headers.range) ?? allowed
  const isCovered = ({ start, end }: XetGrant.Bytes) =>
    allowed.some((range) => range.start <= start && range.end >= end)
  if (!wanted.every(isCovered)) throw new XetGrant.BadXetLink('is not for this range')
  const { recordEnds } = await context.store.xorbs.table(xorb)
  const size = recordEnds.at(-1) ?? 0
  reply.code(206).headers({ 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' })
  const [only, second] = wanted
  if (!only || second) return reply.send(multipart(context, reply, xorb, wanted, size))
  reply.headers({
    'content-range': `bytes ${only.start}-${only.end}/${size}`,
    'content-length': only.end - only.start + 1,
  })
  return reply.send(await context.store.xorbs.open(xorb, { start: only.start, end: only.end + 1 }))
}

/** Undefined where the header names no ranges, or not in a way a link could allow. */
const rangesOf = (header: string | undefined): XetGrant.Bytes[] | undefined => {
  if (header === undefined || !/^bytes=\d{1,9}-\d{1,9}(,\s*\d{1,9}-\d{1,9})*$/.test(header)) return undefined
  const parts = header.slice('bytes='.length).split(',')
  if (parts.length > maxRanges) throw new XetGrant.BadXetLink('is not for so many ranges')
  return parts.map((part) => {
    const [start = 0, end = 0] = part.split('-').map(Number)
    if (end < start) throw new XetGrant.BadXetLink('is not for this range')
    return { start, end }
  })
}

const multipart = (
  { store }: HubContext,
  reply: FastifyReply,
  xorb: string,
  ranges: XetGrant.Bytes[],
  size: number,
): Readable => {
  const boundary = randomBytes(12).toString('hex')
  const head = ({ start, end }: XetGrant.Bytes) =>
    `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n`
  const tail = `\r\n--${boundary}--\r\n`
  const length = ranges.reduce((sum, range) => sum + head(range).length + range.end - range.start + 1, tail.length)
  reply.headers({ 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': length })
  async function* body() {
    for (const range of ranges) {
      yield Buffer.from(head(range))
      yield* await store.xorbs.open(xorb, { start: range.start, end: range.end + 1 })
    }
    yield Buffer.from(tail)
  }
  return Readable.from(body(), { objectMode: false })
}
