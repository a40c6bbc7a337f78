import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Blob, Fork, Repo } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { assertMayDownload } from '../../Gate.ts'
import { mapParallel } from '../../map-parallel.ts'
import { linkPrefix, originOf, ownerFor, places, type Route, readableRepo, requireHolder } from '../../request.ts'
import { wantedId, wantedVisibility } from './wanted-repo.ts'

const pinsAtOnce = 16

/** Forks a repository: history and files under another name, without copying a byte. */
export const duplicateRepo: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/duplicate`, (request) => duplicate(context, request, type))
  }
}

const duplicate = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const source = await readableRepo(context, request, type)
  const holder = requireHolder(request)
  await assertMayDownload(context, request, source)
  const wish = Struct.parseWith(HubWire.DuplicateRepo, request.body, 'request to duplicate')
  const id = wantedId({ name: wish.repository, type }, holder.user.name)
  const owner = await ownerFor(context, holder, id)
  const name = `${owner.name}/${id.name}`
  const url = `${originOf(context, request)}/${linkPrefix(type)}${name}`
  const asked = wantedVisibility(wish) ?? owner.defaultVisibility
  // What its source keeps from strangers a fork does not show by default, nor by mistake.
  const visibility = source.visibility === 'public' ? asked : (wantedVisibility(wish) ?? source.visibility)
  await fork(context, source, { id, owner, creator: holder.user, visibility }).catch((error) => {
    throw error instanceof Repo.RepoExists ? new Repo.RepoExists(id, { url }) : error
  })
  return { url, name, id: name }
}

/** Most files are pinned before the transaction, because it holds up commits to the source. */
const fork = async (context: HubContext, source: Repo.Repo, wish: Repo.NewRepo): Promise<void> => {
  const { db } = context.catalog
  const rowId = randomUUID()
  const pinned = new Set<string>()
  const pin = (cids: string[]) =>
    mapParallel(
      cids.filter((cid) => !pinned.has(cid)),
      pinsAtOnce,
      async (cid) => {
        await context.store.pin(cid, `repo:${rowId}`)
        pinned.add(cid)
      },
    )
  try {
    if (await Repo.find(db, wish.id)) throw new Repo.RepoExists(wish.id)
    await pin(await Blob.cidsOf(db, source.id))
    await db.transaction(async (tx) => {
      await Fork.make(tx, source, { ...wish, rowId }, context.clock())
      await pin(await Blob.cidsOf(tx, rowId))
    })
  } catch (error) {
    await context.store.unpin(`repo:${rowId}`)
    throw error
  }
}
