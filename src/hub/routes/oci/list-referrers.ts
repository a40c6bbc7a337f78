import { OciWire } from '../../../wire/index.ts'
import { type Route, textParam } from '../../request.ts'
import { pullableRepo, registryPlaces } from './OciRepo.ts'

/** `GET /v2/{name}/referrers/{digest}`: nothing here refers to a manifest. */
export const listReferrers: Route = (app, context) => {
  for (const { type, prefix } of registryPlaces) {
    app.get(`${prefix}/:ns/:name/referrers/:digest`, async (request, reply) => {
      await pullableRepo(context, request, type)
      OciWire.parseDigest((request.params as { digest: string }).digest)
      if (textParam(request, 'artifactType') !== undefined) reply.header('oci-filters-applied', 'artifactType')
      const index = { schemaVersion: 2, mediaType: OciWire.media.index, manifests: [] }
      return reply.type(OciWire.media.index).send(Buffer.from(JSON.stringify(index)))
    })
  }
}
