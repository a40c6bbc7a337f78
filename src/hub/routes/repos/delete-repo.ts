import { LostTip, Repo } from '../../../catalog/index.ts'
import { RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { assertNotAnchored } from '../../Anchoring.ts'
import { assertWritable, findReadable, type Route, requireHolder } from '../../request.ts'
import { announce } from '../../webhooks/announce.ts'
import { wantedId } from './wanted-repo.ts'

/** Deletes a repository of which nothing was anchored. */
export const deleteRepo: Route = (app, context) => {
  app.delete('/api/repos/delete', async (request) => {
    const wish = Struct.parseWith(HubWire.DeleteRepo, request.body, 'request to delete')
    const holder = requireHolder(request)
    const id = wantedId(wish, holder.user.name)
    const repo = await findReadable(context, request, id.type, RepoId.format(id))
    await assertWritable(context, request, repo, 'repo.write')
    await assertNotAnchored(context, repo, 'deleted')
    await context.catalog.db.transaction(async (tx) => {
      await announce(context, tx, repo, { action: 'delete', scope: 'repo' })
      await Repo.remove(tx, repo)
      await LostTip.record(tx, repo.id, [''], context.clock())
    })
    return { success: true }
  })
}
