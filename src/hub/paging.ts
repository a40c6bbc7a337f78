import type { FastifyReply, FastifyRequest } from 'fastify'
import { MomentCursor } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import { linkNext, numberParam, textParam } from './request.ts'

/** What a request for a page of a list wants: one row more than it shows, which tells whether there is another page. */
export const pageOf = (request: FastifyRequest, most = 500): MomentCursor.Page & { shown: number } => {
  const shown = numberParam(request, 'limit', most, most)
  const cursor = textParam(request, 'cursor')
  return { shown, limit: shown + 1, after: cursor === undefined ? undefined : MomentCursor.parse(cursor) }
}

/** The rows of the page, with a `Link` to the next one where there is one. */
export const showPage = <T extends { at: string }>(
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { shown }: { shown: number },
  rows: T[],
  idOf: (row: T) => string,
): T[] => {
  const last = rows.length > shown ? rows[shown - 1] : undefined
  if (last) linkNext(context, request, reply, { cursor: MomentCursor.format({ at: last.at, id: idOf(last) }) })
  return rows.slice(0, shown)
}
