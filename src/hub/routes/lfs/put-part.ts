import type { FastifyRequest } from 'fastify'
import { NotFound } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import * as PartialUpload from '../../PartialUpload.ts'
import type { Route } from '../../request.ts'
import { bodyOf, capabilityOf } from './put-upload.ts'

const url = '/api/dehug/uploads/:rev/:part'

/** One part of a large file; `HEAD` tells whether it is here already, for who goes on after a break. */
export const putPart: Route = (app, context) => {
  app.put(url, async (request, reply) => {
    const { upload, part } = partOf(context, request)
    if (part === 1) await PartialUpload.sweep(upload.dir, context.clock())
    await PartialUpload.write(upload, part, bodyOf(request, PartialUpload.sizeOf(upload, part)))
    return reply.header('etag', etagOf(upload, part)).send({})
  })
  app.head(url, async (request, reply) => {
    const { upload, part } = partOf(context, request)
    if (await PartialUpload.has(upload, part)) return reply.header('etag', etagOf(upload, part)).send()
    throw new NotFound(`Part ${part} is not here.`, { code: 'no_such_part' })
  })
}

const partOf = (context: HubContext, request: FastifyRequest) => {
  const upload = PartialUpload.of(context.store.partialDir, capabilityOf(context, request))
  const { part = '' } = request.params as { part?: string }
  return { upload, part: /^\d{1,6}$/.test(part) ? Number(part) : 0 }
}

const etagOf = ({ key }: PartialUpload.PartialUpload, part: number): string => `"${key}-${part}"`
