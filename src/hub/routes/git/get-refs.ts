import type { FastifyRequest } from 'fastify'
import { Objects } from '../../../catalog/index.ts'
import { NotPermitted } from '../../../core/index.ts'
import { assertMayDownload } from '../../Gate.ts'
import { abilities, names, type Service, visible } from '../../git/advertise.ts'
import { askForToken, assertMayPush, gitRepo } from '../../git/git-request.ts'
import { places, type Route, textParam } from '../../request.ts'

/** Where git begins: what the service can do, and the names of the repository. */
export const getRefs: Route = (app, context) => {
  for (const { type, files } of places) {
    app.get(`${files}/:ns/:name/info/refs`, askForToken, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      const service = serviceOf(request)
      if (service === 'git-receive-pack') await assertMayPush(context, request, repo)
      await assertMayDownload(context, request, repo)
      reply.headers({ 'content-type': `application/x-${service}-advertisement`, 'cache-control': 'no-cache' })
      const version = versionOf(request)
      if (version === 2 && service === 'git-upload-pack') return reply.send(abilities)
      const refs = visible(await Objects.namedRefs(context.catalog.db, repo.id))
      return reply.send(names(service, refs, version === 1 ? 1 : 0))
    })
  }
}

const serviceOf = (request: FastifyRequest): Service => {
  const service = textParam(request, 'service')
  if (service === 'git-upload-pack' || service === 'git-receive-pack') return service
  throw new NotPermitted('Only the smart protocol of git is spoken here.', {
    code: 'dumb_protocol',
    hint: 'Use git 1.6.6 or newer.',
  })
}

/** The protocol the client would like best. */
export const versionOf = (request: FastifyRequest): 0 | 1 | 2 => {
  const wishes = String(request.headers['git-protocol'] ?? '').split(':')
  if (wishes.includes('version=2')) return 2
  return wishes.includes('version=1') ? 1 : 0
}
