import type { FastifyReply, FastifyRequest } from 'fastify'
import { DehugError } from '../../../core/index.ts'
import { OciWire } from '../../../wire/index.ts'
import { BadToken, RepoNotFound, RepoNotFoundWithoutToken } from '../../errors.ts'
import { GatedRepo, GatedRepoWithoutToken } from '../../Gate.ts'
import { originOf, type Route } from '../../request.ts'
import { getBase } from './get-base.ts'
import { getBlob } from './get-blob.ts'
import { getManifest } from './get-manifest.ts'
import { getToken } from './get-token.ts'
import { listReferrers } from './list-referrers.ts'
import { listTags } from './list-tags.ts'
import { identifyPuller } from './OciRepo.ts'
import { refusePushes } from './refuse-pushes.ts'

const routes: Route[] = [getBase, getToken, getManifest, getBlob, listTags, listReferrers, refusePushes]

/** The repositories as a registry that can be pulled from; its clients bring credentials and read errors in their own way. */
const registry: Route = (app, context) => {
  app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, ownCredentials: true }
    })
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('docker-distribution-api-version', 'registry/2.0')
      await identifyPuller(context, request)
    })
    scope.setErrorHandler((error, request, reply) => {
      const known = error instanceof DehugError ? error : undefined
      if (!known && ((error as { statusCode?: number }).statusCode ?? 500) >= 500) request.log.error(error)
      const { status, code, message } = tell(error)
      if (status === 401) reply.header('www-authenticate', challenge(originOf(context, request), request))
      return answer(request, reply, status, OciWire.failure(code, message))
    })
    for (const route of routes) route(scope, context)
  })
}

const answer = (request: FastifyRequest, reply: FastifyReply, status: number, body: unknown): FastifyReply => {
  reply.code(status).removeHeader('content-length').removeHeader('docker-content-digest').type('application/json')
  return request.method === 'HEAD' ? reply.send() : reply.send(body)
}

const codes: Record<string, OciWire.ErrorCode> = {
  repo_not_found: 'NAME_UNKNOWN',
  revision_not_found: 'MANIFEST_UNKNOWN',
  manifest_unknown: 'MANIFEST_UNKNOWN',
  blob_unknown: 'BLOB_UNKNOWN',
  digest_invalid: 'DIGEST_INVALID',
  tag_invalid: 'MANIFEST_INVALID',
  manifest_too_large: 'MANIFEST_INVALID',
  pushes_not_offered: 'UNSUPPORTED',
}

/** Without credentials what is missing and what is hidden are both "log in"; with them both are unknown. */
const tell = (error: unknown): { status: number; code: OciWire.ErrorCode; message: string } => {
  if (error instanceof GatedRepo)
    return { status: 404, code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }
  if (error instanceof RepoNotFound)
    return { status: 404, code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }
  if (
    error instanceof RepoNotFoundWithoutToken ||
    error instanceof GatedRepoWithoutToken ||
    error instanceof BadToken
  ) {
    return { status: 401, code: 'UNAUTHORIZED', message: 'authentication required' }
  }
  const { status, code, detail } = DehugError.toProblem(error)
  const fallback: OciWire.ErrorCode = status === 401 ? 'UNAUTHORIZED' : status < 500 ? 'UNSUPPORTED' : 'DENIED'
  return { status, code: codes[code] ?? fallback, message: detail }
}

const challenge = (origin: string, request: FastifyRequest): string => {
  const { ns, name } = request.params as { ns?: string; name?: string }
  const folder = /^\/v2\/(datasets|spaces)\//.exec(request.url)?.[1]
  const scope =
    ns === undefined
      ? ''
      : `,scope="repository:${[folder, ns, name]
          .filter(Boolean)
          .join('/')
          .replace(/[^\w./-]/g, '')}:pull"`
  return `Bearer realm="${origin}/v2/token",service="${new URL(origin).host}"${scope}`
}

export const ociRoutes: Route[] = [registry]
