import type { Route } from '../../request.ts'

/** Clients tell what they are used for; nobody here listens. */
export const dropTelemetry: Route = (app) => {
  app.route({ method: ['GET', 'HEAD', 'POST'], url: '/api/telemetry/*', handler: async () => ({}) })
}
