import { NetworkStats } from '../../../catalog/index.ts'
import type { FactsWire } from '../../../wire/index.ts'
import type { Route } from '../../request.ts'

/** How much there is on this hub and how much was settled, with the queries that give these numbers. */
export const getStats: Route = (app, context) => {
  app.get('/api/dehug/stats', async (): Promise<FactsWire.Stats> => {
    const now = context.clock()
    const stats = await NetworkStats.read(context.catalog.db, now)
    return { ...stats, queries: { ...NetworkStats.queries }, asOf: now.toISOString() }
  })
}
