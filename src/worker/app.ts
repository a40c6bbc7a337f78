import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { DehugError, type Domain, type Hex, NotFound } from '../core/index.ts'
import type { Batches, Ledger } from '../settle/index.ts'
import { gatewayPlugin, type Store } from '../store/index.ts'
import type { Channels } from './Channels.ts'
import type { Engines } from './Engines.ts'
import type { Jobs } from './Jobs.ts'
import { getChannel } from './routes/get-channel.ts'
import { getHealth } from './routes/get-health.ts'
import { getJob } from './routes/get-job.ts'
import { getOffers } from './routes/get-offers.ts'
import { postJob } from './routes/post-job.ts'
import { postRelease } from './routes/post-release.ts'
import { postVoucher } from './routes/post-voucher.ts'
import type { Offers } from './Served.ts'

/** What the routes work with. */
export type WorkerContext = {
  chainId: number
  controller: Hex
  domain: Domain.Domain
  ledger: Ledger.Ledger
  batches: Batches.Batches
  offers: Offers
  channels: Channels
  jobs: Jobs
  engines: Engines
  store: Store
  /** Whether the trustless gateway of this worker may show a CID: receipt batches and what public versions reach. */
  visible: (cid: string) => Promise<boolean>
  now: () => number
  logLevel: string
}

const maxBodyBytes = 48 * 1024 * 1024

/** The provider's HTTP service, not listening yet. */
export async function buildApp(context: WorkerContext): Promise<FastifyInstance> {
  const app = Fastify({
    logger: context.logLevel === 'silent' ? false : { level: context.logLevel, base: { role: 'worker' } },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    // Slow senders are cut off; answers may take as long as the offer promises.
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 256 },
  })
  app.setErrorHandler((error, request, reply) => {
    const known = fromFastify(error)
    if (!(known instanceof DehugError) || known.status >= 500) request.log.error({ err: error })
    const problem = DehugError.toProblem(known)
    const retryAfterMs = Number(problem.details?.retryAfterMs ?? 0)
    if (retryAfterMs > 0) reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
    return reply.code(problem.status).type('application/problem+json').send(problem)
  })
  app.setNotFoundHandler((request) => {
    throw new NotFound(`There is no ${request.method} ${request.url.slice(0, 200)} here.`, { code: 'no_such_route' })
  })
  getOffers(app, context)
  postJob(app, context)
  postVoucher(app, context)
  getJob(app, context)
  getChannel(app, context)
  postRelease(app, context)
  getHealth(app, context)
  await app.register(gatewayPlugin(context.store, { visible: context.visible }))
  return app
}

/** Fastify's own complaints (too large, not JSON, wrong media type) are the caller's. */
function fromFastify(error: unknown): unknown {
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message: string }
  if (error instanceof DehugError || statusCode === undefined || statusCode >= 500) return error
  return new DehugError(message, { code: (code ?? 'bad_request').toLowerCase(), status: statusCode, exitCode: 2 })
}
