import { Repo } from '../../../catalog/index.ts'
import { RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { assertNotAnchored } from '../../Anchoring.ts'
import {
  assertWritable,
  findReadable,
  linkPrefix,
  originOf,
  ownerFor,
  type Route,
  requireHolder,
} from '../../request.ts'
import { announce } from '../../webhooks/announce.ts'

/**
 * Gives a repository another name or owner; the old name redirects for ever. Anchored repositories stay: their name is on
 * chain, and only the signature of the NFT's owner changes it there.
 */
export const moveRepo: Route = (app, context) => {
  app.post('/api/repos/move', async (request) => {
    const wish = Struct.parseWith(HubWire.MoveRepo, request.body, 'request to move')
    const holder = requireHolder(request)
    const type = wish.type ?? 'model'
    const from = RepoId.parse(wish.fromRepo, type)
    const to = RepoId.parse(wish.toRepo, type)
    const repo = await findReadable(context, request, type, RepoId.format(from))
    await assertWritable(context, request, repo, 'repo.write')
    const owner = await ownerFor(context, holder, to)
    await assertNotAnchored(context, repo, 'moved')
    const moved = await context.catalog.db.transaction(async (tx) => {
      const renamed = await Repo.move(tx, repo, { owner, name: to.name }, context.clock())
      await announce(context, tx, renamed, { action: 'move', scope: 'repo' })
      return renamed
    })
    const id = RepoId.format(Repo.idOf(moved))
    return { url: `${originOf(context, request)}/${linkPrefix(type)}${id}`, name: id, id }
  })
}
