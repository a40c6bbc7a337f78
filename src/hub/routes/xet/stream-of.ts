import type { FastifyRequest } from 'fastify'
import { BadInput } from '../../../core/index.ts'

/** The body of a request as it arrives. Throws `BadInput` where it was read as JSON or is missing. */
export const streamOf = (request: FastifyRequest): AsyncIterable<Uint8Array> => {
  const body = request.body as AsyncIterable<Uint8Array> | undefined
  if (body && Symbol.asyncIterator in Object(body)) return body
  throw new BadInput('The body is missing.', {
    code: 'no_body',
    hint: 'Send the bytes with Content-Type: application/octet-stream.',
  })
}
