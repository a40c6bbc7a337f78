import { Repo } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { assertNotAnchored } from '../../Anchoring.ts'
import { assertWritable, places, type Route, readableRepo } from '../../request.ts'

/** Changes who may see a repository. */
export const putSettings: Route = (app, context) => {
  for (const { type, api } of places) {
    app.put(`${api}/:ns/:name/settings`, async (request) => {
      const repo = await readableRepo(context, request, type)
      await assertWritable(context, request, repo)
      const wish = Struct.parseWith(HubWire.RepoSettings, request.body, 'settings')
      const asked = wish.visibility ?? (wish.private == null ? undefined : wish.private ? 'private' : 'public')
      if (asked === 'private') await assertNotAnchored(context, repo)
      if (asked) await Repo.setVisibility(context.catalog.db, repo, asked)
      return { private: (asked ?? repo.visibility) === 'private' }
    })
  }
}
