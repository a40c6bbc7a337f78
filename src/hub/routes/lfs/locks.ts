import type { FastifyReply, FastifyRequest } from 'fastify'
import { Account, LfsLock, type Repo, type Token } from '../../../catalog/index.ts'
import { NotPermitted, Path, Struct } from '../../../core/index.ts'
import { LfsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { askForToken, gitRepo } from '../../git/git-request.ts'
import { assertWritable, numberParam, places, type Route, textParam } from '../../request.ts'

const mostLocks = 1_000

/** Reserving files with git-lfs. Source: git-lfs, docs/api/locking.md. */
export const locks: Route = (app, context) => {
  for (const { type, files } of places) {
    const base = `${files}/:ns/:name/info/lfs/locks`
    const write = async (request: FastifyRequest) => {
      const repo = await gitRepo(context, request, type)
      return { repo, holder: await assertWritable(context, request, repo) }
    }
    app.get(base, askForToken, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      return json(reply).send(await listed(context, request, repo))
    })
    app.post(base, askForToken, async (request, reply) => {
      const { repo, holder } = await write(request)
      return create(context, request, json(reply), repo, holder)
    })
    app.post(`${base}/verify`, askForToken, async (request, reply) => {
      const { repo, holder } = await write(request)
      return json(reply).send(await verified(context, request, repo, holder))
    })
    app.post(`${base}/:id/unlock`, askForToken, async (request, reply) => {
      const { repo, holder } = await write(request)
      return json(reply).send(await unlocked(context, request, repo, holder))
    })
  }
}

const json = (reply: FastifyReply): FastifyReply => reply.header('content-type', 'application/vnd.git-lfs+json')

const viewOf = ({ id, path, lockedAt, owner }: LfsLock.LfsLock) => ({
  id,
  path,
  locked_at: lockedAt.toISOString(),
  owner: { name: owner.name },
})

const listed = async ({ catalog }: HubContext, request: FastifyRequest, repo: Repo.Repo) => {
  const { locks: found, next } = await LfsLock.page(catalog.db, repo.id, {
    path: textParam(request, 'path'),
    id: textParam(request, 'id'),
    after: textParam(request, 'cursor'),
    limit: numberParam(request, 'limit', 100, mostLocks),
  })
  return { locks: found.map(viewOf), ...(next === undefined ? {} : { next_cursor: next }) }
}

const create = async (
  { catalog, clock }: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  repo: Repo.Repo,
  { user }: Token.Holder,
) => {
  const { path } = Struct.parseWith(LfsWire.CreateLock, request.body, 'lock')
  Path.assertSafe(path)
  try {
    return reply.code(201).send({ lock: viewOf(await LfsLock.create(catalog.db, repo.id, user, path, clock())) })
  } catch (error) {
    // git-lfs wants to see the lock that is in the way.
    if (!(error instanceof LfsLock.PathLocked)) throw error
    return reply.code(409).send({ lock: viewOf(error.lock), message: error.message })
  }
}

const verified = async ({ catalog }: HubContext, request: FastifyRequest, repo: Repo.Repo, { user }: Token.Holder) => {
  const { cursor, limit } = Struct.parseWith(LfsWire.VerifyLocks, request.body ?? {}, 'verification')
  const { locks: found, next } = await LfsLock.page(catalog.db, repo.id, {
    after: cursor || undefined,
    limit: Math.min(limit || 100, mostLocks),
  })
  return {
    ours: found.filter(({ owner }) => owner.id === user.id).map(viewOf),
    theirs: found.filter(({ owner }) => owner.id !== user.id).map(viewOf),
    ...(next === undefined ? {} : { next_cursor: next }),
  }
}

const unlocked = async ({ catalog }: HubContext, request: FastifyRequest, repo: Repo.Repo, { user }: Token.Holder) => {
  const { force } = Struct.parseWith(LfsWire.Unlock, request.body ?? {}, 'unlock')
  const { id = '' } = request.params as { id?: string }
  const [lock] = (await LfsLock.page(catalog.db, repo.id, { id, limit: 1 })).locks
  if (!lock) throw new LfsLock.NoSuchLock(id)
  if (lock.owner.id !== user.id) await assertMayForce(catalog.db, repo, user, lock, force === true)
  await LfsLock.remove(catalog.db, repo.id, id)
  return { lock: viewOf(lock) }
}

const assertMayForce = async (
  db: HubContext['catalog']['db'],
  repo: Repo.Repo,
  user: Account.Account,
  { path, owner }: LfsLock.LfsLock,
  force: boolean,
): Promise<void> => {
  const role = await Account.roleIn(db, repo.ownerId, user.id)
  if (force && (role === 'owner' || role === 'admin')) return
  throw new NotPermitted(`"${path}" is locked by ${owner.name}.`, {
    code: 'not_your_lock',
    hint: 'Owners of the repository can unlock it with --force.',
  })
}
