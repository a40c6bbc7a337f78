import type { Readable } from 'node:stream'
import { Blob } from '../../../catalog/index.ts'
import { BadInput } from '../../../core/index.ts'
import * as Capability from '../../Capability.ts'
import { BodyTooLarge, UploadCutOff } from '../../errors.ts'
import { paramsOf, type Route } from '../../request.ts'

/** Takes the bytes that a link of the LFS batch route was made for; size and SHA-256 must be those announced. */
export const putUpload: Route = (app, context) => {
  app.put('/api/dehug/uploads/:rev', async (request) => {
    const { user, sha256, size } = Capability.open(context.linkKey, paramsOf(request).rev ?? '', context.clock())
    const announced = request.headers['content-length']
    if (announced !== undefined && Number(announced) !== size) {
      throw new BadInput(`The body has ${announced} bytes; this link is for ${size}.`, { code: 'content_mismatch' })
    }
    const body = (request.body ?? []) as Readable | Uint8Array[]
    const stored = await context.store.put(exactly(body, size), { expect: { sha256, size } })
    await Blob.recordUpload(context.catalog.db, user, stored, context.clock())
    return {}
  })
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
