import { DehugError } from '../../../core/index.ts'
import type { Route } from '../../request.ts'
import { registryPlaces } from './OciRepo.ts'

/** The registry is read only. */
export const refusePushes: Route = (app) => {
  for (const { prefix } of registryPlaces) {
    app.route({
      method: ['POST', 'PUT', 'PATCH', 'DELETE'],
      url: `${prefix}/:ns/:name/*`,
      handler: async () => {
        throw new PushesNotOffered()
      },
    })
  }
}

/** Somebody pushes to the registry. */
export class PushesNotOffered extends DehugError {
  constructor() {
    super('Nothing can be pushed to this registry.', {
      code: 'pushes_not_offered',
      status: 405,
      hint: 'Publish with dehug push, git or huggingface_hub.',
    })
  }
}
