import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import { BadInput } from '../core/index.ts'
import { answerHfError, answerOpenAiError } from './answer-error.ts'
import type { Gateway } from './Gateway.ts'
import { limitBodyTime } from './limit-body-time.ts'
import { getBalance } from './routes/get-balance.ts'
import { getModel } from './routes/get-model.ts'
import { getModels } from './routes/get-models.ts'
import { getReceipt } from './routes/get-receipt.ts'
import { getReceipts } from './routes/get-receipts.ts'
import { postChatCompletions } from './routes/post-chat-completions.ts'
import { postCompletions } from './routes/post-completions.ts'
import { postEmbeddings } from './routes/post-embeddings.ts'
import { postModel } from './routes/post-model.ts'
import { postQuote } from './routes/post-quote.ts'
import { postRelease } from './routes/post-release.ts'
import { postRevocation } from './routes/post-revocation.ts'
import { postSession } from './routes/post-session.ts'
import { postWithdrawal } from './routes/post-withdrawal.ts'

/** Options of the Fastify server that carries the gateway. */
export const gatewayServerOptions = {
  routerOptions: { maxParamLength: 4096 },
  http: { headersTimeout: 20_000, connectionsCheckingInterval: 5_000 },
} as const

/** Texts fit well below; pictures come as base64 or raw to /models. */
const v1BodyBytes = 8 * 2 ** 20
const modelsBodyBytes = 48 * 2 ** 20
const bodyMs = 60_000

/** The second is where Hugging Face's clients look below the address of a router, by the provider's name. */
const modelPrefixes = ['/models', '/hf-inference/models']

/** All gateway routes with their error forms, as a Fastify plugin; register it without a prefix. */
export const gatewayPlugin =
  (gateway: Gateway): FastifyPluginAsync =>
  async (app) => {
    await app.register(openAiRoutes(gateway), { prefix: '/v1' })
    for (const prefix of modelPrefixes) await app.register(hfRoutes(gateway), { prefix })
  }

/** The gateway alone, not listening yet. */
export const gatewayApp = async (gateway: Gateway): Promise<FastifyInstance> => {
  const app = Fastify(gatewayServerOptions)
  await app.register(gatewayPlugin(gateway))
  return app
}

const openAiRoutes =
  (gateway: Gateway): FastifyPluginAsync =>
  async (app) => {
    prepare(app, v1BodyBytes)
    app.setErrorHandler(answerOpenAiError)
    for (const route of [
      ...[postQuote, postChatCompletions, postCompletions, postEmbeddings, getModels, getModel],
      ...[postSession, postRevocation, getBalance, getReceipts, getReceipt, postWithdrawal, postRelease],
    ])
      route(app, gateway)
  }

const hfRoutes =
  (gateway: Gateway): FastifyPluginAsync =>
  async (app) => {
    prepare(app, modelsBodyBytes)
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: modelsBodyBytes }, (_request, body, done) =>
      done(null, body),
    )
    app.setErrorHandler(answerHfError)
    postModel(app, gateway)
    await app.register(async (chat) => {
      chat.setErrorHandler(answerOpenAiError)
      postChatCompletions(chat, gateway, '/:namespace/:name/v1/chat/completions')
      postCompletions(chat, gateway, '/:namespace/:name/v1/completions')
    })
  }

function prepare(app: FastifyInstance, bodyLimit: number): void {
  limitBodyTime(app, bodyMs)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/([\w.-]+\+)?json/,
    { parseAs: 'string', bodyLimit },
    (_request, body, done) => {
      try {
        done(null, JSON.parse(body as string))
      } catch (cause) {
        done(new BadInput(`The body is not JSON: ${(cause as Error).message}.`, { code: 'bad_json', cause }))
      }
    },
  )
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('access-control-allow-origin', '*')
    done()
  })
}
