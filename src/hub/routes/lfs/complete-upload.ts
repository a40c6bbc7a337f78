import { Blob } from '../../../catalog/index.ts'
import { BadInput, Struct } from '../../../core/index.ts'
import { ContentMismatch } from '../../../store/index.ts'
import { LfsWire } from '../../../wire/index.ts'
import * as PartialUpload from '../../PartialUpload.ts'
import type { Route } from '../../request.ts'
import { capabilityOf } from './put-upload.ts'

/** Makes one file of the parts that were sent. Done again it changes nothing. */
export const completeUpload: Route = (app, context) => {
  app.post('/api/dehug/uploads/:rev', async (request) => {
    const capability = capabilityOf(context, request)
    const { user, sha256, size } = capability
    const { oid, parts } = Struct.parseWith(LfsWire.CompleteUpload, request.body, 'completion')
    const upload = PartialUpload.of(context.store.partialDir, capability)
    const numbers = new Set(parts.map(({ partNumber }) => partNumber))
    if (oid !== sha256 || numbers.size !== PartialUpload.partCount(upload)) {
      throw new BadInput('The completion is of another file, or does not list all parts.', { code: 'bad_completion' })
    }
    const { db } = context.catalog
    if (await Blob.sentBy(db, user, sha256)) return {}
    try {
      const stored = await context.store.put(PartialUpload.read(upload), { expect: { sha256, size } })
      await Blob.recordUpload(db, user, stored, context.clock())
    } catch (error) {
      // Completed twice at the same time: the other one has taken the parts.
      if (await Blob.sentBy(db, user, sha256)) return {}
      // Some part is wrong and nobody knows which: all are sent again.
      if (error instanceof ContentMismatch) await PartialUpload.remove(upload)
      throw error
    }
    await PartialUpload.remove(upload)
    return {}
  })
}
