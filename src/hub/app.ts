import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply, type FastifyRequest } from 'fastify'
import { BadInput, DehugError, NotFound } from '../core/index.ts'
import { hubFailure } from '../wire/index.ts'
import type { HubContext } from './context.ts'
import { startAnchoring } from './delegation/start-anchoring.ts'
import { BodyTooLarge, EntryNotFound, GoneMeanwhile } from './errors.ts'
import { guardBody, limitRest } from './guard-body.ts'
import * as BrowserSession from './login/BrowserSession.ts'
import * as RateLimit from './RateLimit.ts'
import { RepoMoved } from './RepoMoved.ts'
import { identify, places } from './request.ts'
import { routes } from './routes/index.ts'
import { startSignals } from './signals/start-signals.ts'
import { escapeSpecialRevision } from './special-revisions.ts'
import { casPath } from './XetLinks.ts'

/** Options of the Fastify server that carries the hub. */
export const hubServerOptions = {
  rewriteUrl: escapeSpecialRevision,
  /** What a proxy on this machine says about whom it asks for is believed. */
  trustProxy: 'loopback',
  routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
  /** Bytes of a JSON body; streams and a few routes have limits of their own. */
  bodyLimit: 8 * 2 ** 20,
  /** Silence on a socket; headers have 20 s. */
  connectionTimeout: 120_000,
  http: { headersTimeout: 20_000, connectionsCheckingInterval: 5_000 },
} as const

const exposed =
  'X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash,RateLimit,RateLimit-Policy,Retry-After'

/** All hub routes with their error form, as a Fastify plugin; register it without a prefix. */
export const hubPlugin =
  (context: HubContext): FastifyPluginAsync =>
  async (app) => {
    app.decorateRequest('holder', undefined)
    app.decorateRequest('foreign', false)
    readBodies(app)
    const spend = RateLimit.rateLimiter(context.limits.rates, () => context.clock().getTime())
    app.addHook('onRequest', async (request, reply) => {
      reply.headers({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': exposed,
        'x-request-id': request.id,
      })
      const count = (caller: string) => RateLimit.apply(reply, spend(caller, RateLimit.limitOf(request)))
      try {
        if (!request.routeOptions.config.ownCredentials) {
          await identify(context, request)
          await BrowserSession.identify(context, request, reply)
        }
      } catch (error) {
        // Guessing tokens is counted too.
        count(`address ${request.ip}`)
        throw error
      }
      count(request.holder ? `token ${request.holder.token.id}` : `address ${request.ip}`)
    })
    app.addHook('preParsing', async (_request, _reply, payload) =>
      Readable.from(guardBody(payload as Readable, context.limits), { objectMode: false }),
    )
    limitRest(app, context.limits.stallMs)
    app.setErrorHandler(answerError)
    answerPreflights(app)
    for (const route of routes) route(app, context)
    app.addHook('onReady', () => context.deliveries.resume())
    app.addHook('onClose', () => context.deliveries.stop())
    app.addHook('onClose', () => context.downloads[Symbol.asyncDispose]())
    let stopAnchoring: (() => Promise<void>) | undefined
    app.addHook('onReady', async () => {
      stopAnchoring = startAnchoring(context, (error, repo) => app.log.warn({ err: error, repo }, 'anchoring'))
    })
    app.addHook('onClose', async () => stopAnchoring?.())
    let stopSignals: (() => Promise<void>) | undefined
    app.addHook('onReady', async () => {
      stopSignals = startSignals(context, { onError: (err) => app.log.warn({ err }, 'signals') })
    })
    app.addHook('onClose', async () => stopSignals?.())
  }

/** The hub alone, not listening yet. */
export const hubApp = async (context: HubContext, logger = false): Promise<FastifyInstance> => {
  const app = Fastify({ ...hubServerOptions, logger })
  await app.register(hubPlugin(context))
  app.setNotFoundHandler(answerNotFound)
  return app
}

/** Browsers ask before they send a token or a range to another origin. */
const answerPreflights = (app: FastifyInstance): void => {
  const urls = ['/api/*', `${casPath}/*`, ...places.map(({ files }) => `${files}/:ns/:name/resolve/*`)]
  for (const url of urls) {
    app.options(url, (_request, reply) =>
      reply
        .headers({
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
          'access-control-allow-headers':
            'Authorization, Content-Type, Range, If-None-Match, If-Range, X-Xet-Session-Id',
          'access-control-max-age': '86400',
        })
        .code(204)
        .send(),
    )
  }
}

/** JSON and forms are parsed; everything else reaches its route as a stream. */
const readBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(/^application\/([\w.-]+\+)?json/, { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      done(null, JSON.parse(body as string))
    } catch (cause) {
      done(new BadInput(`The body is not JSON: ${(cause as Error).message}.`, { code: 'bad_json', cause }))
    }
  })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const form = new URLSearchParams(body as string)
    done(null, Object.fromEntries([...new Set(form.keys())].map((name) => [name, form.getAll(name)])))
  })
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

/** The error form of hub routes: headers, `{"error"}` and an RFC 9457 body. */
const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const known = ours(error, request)
  if (!(known instanceof DehugError)) request.log.error(known)
  const { status, headers, body } = hubFailure(known)
  if (known instanceof EntryNotFound) reply.header('x-repo-commit', known.commit)
  if (known instanceof RepoMoved) reply.header('location', known.location)
  // What is left of a body that was given up is not read.
  if (status === 408 || status === 413) reply.header('connection', 'close')
  // Clients read where the thing is that exists already.
  const { url, slug } = body.details ?? {}
  return reply
    .code(status)
    .headers(headers)
    .removeHeader('content-length')
    .send({ ...body, ...(typeof url === 'string' ? { url } : {}), ...(typeof slug === 'string' ? { slug } : {}) })
}

/** Of Postgres: a row names one that was deleted. */
const foreignKeyViolation = '23503'

/** Refusals of Fastify and the database in our words. */
const ours = (error: unknown, request: FastifyRequest): unknown => {
  const { code, statusCode, message, cause } = error as {
    code?: string
    statusCode?: number
    message?: string
    cause?: { code?: string }
  }
  if (error instanceof DehugError) return error
  if (cause?.code === foreignKeyViolation) return new GoneMeanwhile()
  if (!code?.startsWith('FST_ERR')) return error
  if (statusCode === 413)
    return new BodyTooLarge('The body', request.routeOptions.bodyLimit ?? hubServerOptions.bodyLimit)
  return (statusCode ?? 500) < 500
    ? new BadInput(`The request was refused: ${message}.`, { code: 'bad_request' })
    : error
}

export const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  answerError(new NotFound(`There is no route ${request.method} ${request.url.slice(0, 200)}.`), request, reply)
