import { Xet } from '../../../catalog/index.ts'
import type { XetWire } from '../../../wire/index.ts'
import { paramsOf, type Route } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import { streamOf } from './stream-of.ts'
import { ownCredentials, xetWriter } from './xet-caller.ts'

/** Takes a xorb: packed chunks of files, by the hash of them all. */
export const postXorb: Route = (app, context) => {
  app.post(`${casPath}/v1/xorbs/default/:name`, ownCredentials, async (request): Promise<XetWire.XorbUploaded> => {
    const { holder } = await xetWriter(context, request)
    const hash = paramsOf(request).name ?? ''
    const { inserted } = await context.store.xorbs.put(hash, streamOf(request))
    await Xet.recordXorb(context.catalog.db, holder.user.id, hash, context.clock())
    return { was_inserted: inserted }
  })
}
