import { Suggest } from '../../../catalog/index.ts'
import { SearchWire } from '../../../wire/index.ts'
import { avatarUrl } from '../../accounts.ts'
import type { Route } from '../../request.ts'
import { readQuery } from './read-query.ts'

/** What a search box shows while people type. */
export const suggest: Route = (app, context) => {
  app.get('/api/dehug/suggest', async (request): Promise<SearchWire.Suggestions> => {
    const { q, limit } = readQuery(SearchWire.SuggestQuery, request)
    const { db } = context.catalog
    const text = q.trim().normalize('NFC')
    if (text === '') return { repos: [], people: [], tags: [] }
    const [repos, people, tags] = await Promise.all([
      Suggest.repositories(db, text, limit, request.holder),
      Suggest.people(db, text, limit),
      Suggest.tags(db, text, limit, context.clock()),
    ])
    return {
      repos,
      people: people.map((account) => ({
        name: account.name,
        fullname: account.fullname,
        kind: account.kind,
        avatarUrl: avatarUrl(context, request, account),
      })),
      tags,
    }
  })
}
