import { Reputation } from '../../../catalog/index.ts'
import type { Route } from '../../request.ts'
import * as Subject from '../../signals/Subject.ts'

/** What somebody's reputation is made of; every count comes from the chain. */
export const getReputation: Route = (app, context) => {
  app.get('/api/dehug/reputation/:account', async (request) => {
    const subject = await Subject.of(context, (request.params as { account: string }).account)
    const parts = subject.address ? await Reputation.of(context.catalog.db, subject.address) : []
    return {
      ...{ account: Subject.nameOf(subject), address: subject.address, formula: Reputation.formula },
      ...{ score: Reputation.scoreOf(parts), parts },
    }
  })
}
