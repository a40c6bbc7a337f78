import type { Route } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import { ownCredentials } from './xet-caller.ts'

/** Clients tell how fast they were; nobody keeps it. */
export const postTelemetry: Route = (app) => {
  app.post(`${casPath}/v1/telemetry`, ownCredentials, async () => ({}))
}
