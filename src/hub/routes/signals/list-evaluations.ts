import { Evaluation } from '../../../catalog/index.ts'
import { type Route, readableRepo } from '../../request.ts'

/** Results of a model: what its owner signed and anchored, then what only its card says. */
export const listEvaluations: Route = (app, context) => {
  app.get('/api/dehug/models/:ns/:name/evaluations', async (request) => {
    const repo = await readableRepo(context, request, 'model')
    return { results: await Evaluation.of(context.catalog.db, repo.id) }
  })
}
