import { NotFound, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { askForToken, assertMayPush, gitRepo } from '../../git/git-request.ts'
import { presentFor } from '../../inline-file.ts'
import { places, type Route } from '../../request.ts'

/** Confirms that an upload arrived whole. */
export const lfsVerify: Route = (app, context) => {
  for (const { type, files } of places) {
    app.post(`${files}/:ns/:name/info/lfs/verify`, askForToken, async (request) => {
      const repo = await gitRepo(context, request, type)
      const holder = await assertMayPush(context, request, repo)
      const { oid, size } = Struct.parseWith(HubWire.LfsObject, request.body, 'LFS object')
      const stored = await presentFor(context, holder, oid)
      if (stored?.size === size) return { oid, size }
      throw new NotFound(`The upload of ${oid} with ${size} bytes did not arrive.`, {
        code: 'upload_missing',
        hint: 'Send it again.',
      })
    })
  }
}
