import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Blob } from '../../../catalog/index.ts'
import { BadInput } from '../../../core/index.ts'
import * as Capability from '../../Capability.ts'
import type { HubContext } from '../../context.ts'
import { BodyTooLarge, UploadCutOff } from '../../errors.ts'
import { paramsOf, type Route } from '../../request.ts'

/** Takes the bytes that a link of the LFS batch route was made for; size and SHA-256 must be those announced. */
export const putUpload: Route = (app, context) => {
  app.put('/api/dehug/uploads/:rev', async (request) => {
    const { user, sha256, size } = capabilityOf(context, request)
    const stored = await context.store.put(bodyOf(request, size), { expect: { sha256, size } })
    await Blob.recordUpload(context.catalog.db, user, stored, context.clock())
    return {}
  })
}

/** The right that the link carries. Throws `BadLink`. */
export const capabilityOf = (context: HubContext, request: FastifyRequest): Capability.Capability =>
  Capability.open(context.linkKey, paramsOf(request).rev ?? '', context.clock())

/** A body of exactly `size` bytes. Throws `BadInput`, `BodyTooLarge` and `UploadCutOff`. */
export const bodyOf = (request: FastifyRequest, size: number): AsyncGenerator<Uint8Array> => {
  const announced = request.headers['content-length']
  if (announced !== undefined && Number(announced) !== size) {
    throw new BadInput(`The body has ${announced} bytes; this link is for ${size}.`, { code: 'content_mismatch' })
  }
  return exactly((request.body ?? []) as Readable | Uint8Array[], size)
}

async function* exactly(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let received = 0
  for await (const chunk of body) {
    received += chunk.length
    if (received > size) throw new BodyTooLarge('The upload', size)
    yield chunk
  }
  if (received < size) throw new UploadCutOff(received, size)
}
