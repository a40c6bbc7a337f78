import { Served, TagCounts } from '../../../catalog/index.ts'
import type { Route } from '../../request.ts'

/** Tasks with models for them; those that run on this network come first, because clients take the first. */
export const listTasks: Route = (app, context) => {
  app.get('/api/tasks', async () => {
    const { catalog, clock } = context
    const [tasks, served] = await Promise.all([
      TagCounts.tasks(catalog.db, clock()),
      Served.models(catalog.db, clock()),
    ])
    const runs = (name: string) => (served.has(`model:${name}`.toLowerCase()) ? 0 : 1)
    return Object.fromEntries(
      [...tasks].map(([id, models]) => [id, { id, widgetModels: [...models].sort((a, b) => runs(a) - runs(b)) }]),
    )
  })
}
