import type { FastifyRequest } from 'fastify'
import { Token, Webhook } from '../../../catalog/index.ts'
import { NotPermitted, Struct } from '../../../core/index.ts'
import { WebhookWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { type Route, requireHolder } from '../../request.ts'

const home = '/api/settings/webhooks'
const logSize = 100

/** One's own webhooks: made, read, changed, switched off and on, deleted. */
export const webhooks: Route = (app, context) => {
  const { db } = context.catalog
  app.get(home, async (request) => (await Webhook.list(db, ownerOf(request, 'read'))).map(describe))
  app.post(home, (request) => create(context, request))
  app.get(`${home}/:id`, async (request) => ({ webhook: describe(await own(context, request, 'read')) }))
  app.post(`${home}/:id`, (request) => update(context, request))
  app.delete(`${home}/:id`, async (request) => {
    await Webhook.remove(db, await own(context, request, 'write'))
    return { success: true }
  })
  for (const [verb, disabled] of [
    ['enable', false],
    ['disable', true],
  ] as const) {
    app.post(`${home}/:id/${verb}`, async (request) => ({
      webhook: describe(await Webhook.update(db, await own(context, request, 'write'), { disabled })),
    }))
  }
}

/** What was sent to a webhook and what came of it; and sending it once more. */
export const webhookDeliveries: Route = (app, context) => {
  const { db } = context.catalog
  app.get(`${home}/:id/deliveries`, async (request) =>
    (await Webhook.log(db, await own(context, request, 'read'), logSize)).map(describeDelivery),
  )
  app.post(`${home}/:id/deliveries/:delivery/replay`, async (request) => {
    const webhook = await own(context, request, 'write')
    const { delivery = '' } = request.params as { delivery?: string }
    const { payload } = await Webhook.deliveryOf(db, webhook, delivery)
    const again = await Webhook.addDelivery(db, webhook, payload, context.clock())
    context.deliveries.wake()
    return describeDelivery(again)
  })
}

const ownerOf = (request: FastifyRequest, right: 'read' | 'write'): string => {
  const { token, user } = requireHolder(request)
  if (!Token.may(token, `user.webhooks.${right}`, user.key)) throw new WebhooksRefused()
  return user.id
}

const own = (context: HubContext, request: FastifyRequest, right: 'read' | 'write'): Promise<Webhook.Webhook> =>
  Webhook.get(context.catalog.db, ownerOf(request, right), (request.params as { id?: string }).id ?? '')

const create = async (context: HubContext, request: FastifyRequest) => {
  const owner = ownerOf(request, 'write')
  const wish = Struct.parseWith(WebhookWire.Create, request.body, 'webhook')
  const { url, watched, domains, secret } = wish
  const made = await Webhook.create(
    context.catalog.db,
    owner,
    { url, watched: keysOf(watched), domains: domains ?? ['repo', 'discussions'], secret: secret ?? null },
    context.clock(),
  )
  return { webhook: describe(made) }
}

const update = async (context: HubContext, request: FastifyRequest) => {
  const webhook = await own(context, request, 'write')
  const { url, watched, domains, secret } = Struct.parseWith(WebhookWire.Update, request.body ?? {}, 'webhook')
  const changed = await Webhook.update(context.catalog.db, webhook, {
    url: url ?? webhook.url,
    watched: watched?.length ? keysOf(watched) : webhook.watched,
    domains: domains ?? webhook.domains,
    secret: secret ?? webhook.secret,
  })
  return { webhook: describe(changed) }
}

const keysOf = (watched: readonly WebhookWire.Watched[]): string[] => [
  ...new Set(watched.map(({ type, name }) => `${type}:${name}`.toLowerCase())),
]

const describe = ({ id, url, watched, domains, secret, disabled }: Webhook.Webhook) => ({
  id,
  url,
  watched: watched.map((key) => ({ type: key.slice(0, key.indexOf(':')), name: key.slice(key.indexOf(':') + 1) })),
  domains,
  secret,
  disabled,
})

const describeDelivery = (delivery: Webhook.Delivery) => ({
  id: delivery.id,
  status: delivery.status,
  attempts: delivery.attempts,
  responseStatus: delivery.responseStatus,
  problem: delivery.problem,
  createdAt: delivery.createdAt.toISOString(),
  attemptedAt: delivery.attemptedAt?.toISOString() ?? null,
  payload: delivery.payload,
})

export class WebhooksRefused extends NotPermitted {
  constructor() {
    super('This token does not allow webhooks.', { code: 'webhooks_refused', hint: 'Use a write token of your own.' })
  }
}
