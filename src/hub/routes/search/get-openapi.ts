import { openApi } from '../../../wire/index.ts'
import { originOf, type Route } from '../../request.ts'

/** The API document of this origin. */
export const getOpenApi: Route = (app, context) => {
  app.get('/api/openapi.json', (request) => openApi(originOf(context, request)))
}
