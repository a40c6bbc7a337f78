import { Similar } from '../../../catalog/index.ts'
import { SearchWire } from '../../../wire/index.ts'
import { type Route, readableRepo } from '../../request.ts'
import { readQuery } from './read-query.ts'
import { showHits } from './show-hits.ts'

/** Models like this one. */
export const listSimilar: Route = (app, context) => {
  app.get('/api/dehug/models/:ns/:name/similar', async (request): Promise<SearchWire.Similar> => {
    const { limit } = readQuery(SearchWire.SimilarQuery, request)
    const repo = await readableRepo(context, request, 'model')
    const ids = await Similar.byLabels(context.catalog.db, repo, request.holder, limit, context.clock())
    return {
      by: 'labels',
      hits: await showHits(
        context,
        ids.map((id) => ({ id, by: null })),
      ),
    }
  })
}
