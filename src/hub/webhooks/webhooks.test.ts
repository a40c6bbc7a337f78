import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubClients, pythonOf, runPython } from '../../../test/python.ts'
import { startTestHub, type TestHub, tokens } from '../start-test-hub.ts'
import { isPublic, publicAddresses } from './Address.ts'
import { sendWebhook, signature } from './send-webhook.ts'

type Got = { headers: IncomingHttpHeaders; body: string }

let hub: TestHub
let receiver: Server
let url: string
const got: Got[] = []
let answers: { status: number; headers?: Record<string, string> }[] = []
const arrived = new EventTarget()

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    const { status, headers } = answers.shift() ?? { status: 200 }
    response.writeHead(status, headers).end('x'.repeat(100_000))
    arrived.dispatchEvent(new Event('message'))
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  hub = await startTestHub({ webhooks: { allowPrivate: true, retrySeconds: 1 }, publicUrl: 'https://hub.example' })
}, 120_000)
afterAll(async () => {
  await hub?.stop()
  receiver?.close()
})

const send = async (method: string, path: string, body?: unknown, token = tokens.ada) => {
  const answer = await fetch(hub.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}
const hook = async (wish: Record<string, unknown>, token = tokens.ada) =>
  (await send('POST', '/api/settings/webhooks', { url, ...wish }, token)).body.webhook as { id: string }
/** Resolves when so many messages have arrived since the last call. */
const messages = async (count: number): Promise<Got[]> => {
  while (got.length < count) await once(arrived as never, 'message')
  return got.splice(0)
}
const settled = async (id: string, token = tokens.ada) => {
  for (;;) {
    const { body } = await send('GET', `/api/settings/webhooks/${id}/deliveries`, undefined, token)
    if (body.every(({ status }: { status: string }) => status !== 'pending')) return body
    await new Promise((done) => setTimeout(done, 200))
  }
}
const commit = (repo: string, path: string, token = tokens.ada, query = '') =>
  fetch(`${hub.url}/api/models/${repo}/commit/main${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: `{"key":"header","value":{"summary":"s"}}\n{"key":"file","value":{"path":"${path}","content":"x","encoding":"utf-8"}}`,
  })

test('behavior: commits and discussions are told, signed, in the form the Hub has, and logged', async () => {
  await send('POST', '/api/repos/create', { name: 'told' })
  const { id } = await hook({ watched: [{ type: 'model', name: 'Ada/Told' }], secret: 'a-secret' })
  await commit('ada/told', 'a.txt')
  const [pushed] = await messages(1)
  await send('POST', '/api/models/ada/told/discussions', { title: 'Hm', description: 'd' }, tokens.eve)
  await send('POST', '/api/models/ada/told/discussions/1/comment', { comment: 'well' }, tokens.eve)
  await commit('ada/told', 'b.txt', tokens.eve, '?create_pr=1')
  const all = [pushed as Got, ...(await messages(5))]
  const events = all.map(({ body }) => JSON.parse(body))
  expect(events.map(({ event }) => `${event.action} ${event.scope}`).sort()).toEqual([
    'create discussion',
    'create discussion',
    'create discussion.comment',
    'update repo.content',
    'update repo.content',
    'update repo.content',
  ])
  expect(events[0]).toMatchObject({
    repo: { type: 'model', name: 'ada/told', private: false, url: { web: 'https://hub.example/ada/told' } },
    updatedRefs: [{ ref: 'refs/heads/main' }],
    webhook: { id, version: 3 },
  })
  expect(pushed?.headers['x-webhook-secret']).toBe('a-secret')
  const [, time = ''] = /^t=(\d+),/.exec(String(pushed?.headers['x-dehug-signature'])) ?? []
  expect(pushed?.headers['x-dehug-signature']).toBe(signature('a-secret', Number(time), pushed?.body ?? ''))
  const interpreter = await pythonOf(hubClients[0])
  const script = `
import json, sys
from huggingface_hub import WebhookPayload
print(json.dumps([[p.event.action, p.event.scope, p.repo.name, p.discussion.num if p.discussion else None, p.comment.content if p.comment else None] for p in map(WebhookPayload.model_validate, json.load(sys.stdin))]))`
  const { lastJson, stderr } = await runPython(interpreter, ['-c', script], { input: JSON.stringify(events) })
  expect(stderr).toBe('')
  expect(lastJson).toContainEqual(['create', 'discussion.comment', 'ada/told', 1, 'well'])
  const log = await settled(id)
  expect(log.length).toBe(6)
  expect(log[0]).toMatchObject({ status: 'delivered', attempts: 1, responseStatus: 200, problem: null })
  const again = await send('POST', `/api/settings/webhooks/${id}/deliveries/${log[0].id}/replay`)
  expect(again.body.payload).toEqual(log[0].payload)
  expect(JSON.parse((await messages(1))[0]?.body ?? '')).toEqual(log[0].payload)
  await send('DELETE', `/api/settings/webhooks/${id}`)
}, 120_000)

test('behavior: a failed delivery is tried again, a redirect is not followed', async () => {
  await send('POST', '/api/repos/create', { name: 'again' })
  const { id } = await hook({ watched: [{ type: 'user', name: 'ada' }], domains: ['repo'] })
  answers = [{ status: 500 }, { status: 302, headers: { location: `${url}/elsewhere` } }]
  await commit('ada/again', 'a.txt')
  const [first, second, third] = await messages(3)
  expect(new Set([first?.body, second?.body, third?.body]).size).toBe(1)
  expect(await settled(id)).toMatchObject([{ status: 'delivered', attempts: 3, responseStatus: 200 }])
  await send('DELETE', `/api/settings/webhooks/${id}`)
}, 60_000)

test('error: a database that goes away during a delivery ends neither the process nor the hub that stops', async () => {
  const other = await startTestHub({ webhooks: { allowPrivate: true } })
  const headers = { authorization: `Bearer ${tokens.ada}`, 'content-type': 'application/json' }
  const post = (path: string, body: unknown) =>
    fetch(other.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  await post('/api/settings/webhooks', { url, watched: [{ type: 'user', name: 'ada' }] })
  const { pool } = other.context.catalog
  const { query } = pool
  let asked = 0
  const away = new Promise<void>((done) => {
    const refuse = () => {
      asked += 1
      if (asked === 3) done()
      throw new Error('The database is away.')
    }
    arrived.addEventListener('message', () => Object.assign(pool, { query: refuse }), { once: true })
  })
  answers = [{ status: 500 }]
  await post('/api/repos/create', { name: 'unheard' })
  await messages(1)
  await away
  Object.assign(pool, { query })
  await other.stop()
}, 60_000)

test('behavior: nobody hears of what they cannot see, nor by a webhook that is off', async () => {
  const spy = await hook({ watched: [{ type: 'org', name: 'lab' }] }, tokens.eve)
  const member = await hook({ watched: [{ type: 'org', name: 'lab' }] }, tokens.bob)
  const off = await hook({ watched: [{ type: 'org', name: 'lab' }] })
  await send('POST', `/api/settings/webhooks/${off.id}/disable`)
  await send('POST', '/api/repos/create', { name: 'inside', organization: 'lab', visibility: 'private' })
  const [made] = await messages(1)
  expect(JSON.parse(made?.body ?? '')).toMatchObject({ event: { action: 'create' }, webhook: { id: member.id } })
  expect(await settled(spy.id, tokens.eve)).toEqual([])
  expect(await settled(off.id)).toEqual([])
  expect((await send('GET', `/api/settings/webhooks/${member.id}`)).status).toBe(404)
  expect((await send('GET', '/api/settings/webhooks', undefined, tokens.adaRead)).status).toBe(200)
  expect((await send('POST', `/api/settings/webhooks/${off.id}/enable`, undefined, tokens.adaRead)).status).toBe(403)
  expect((await send('POST', `/api/settings/webhooks/${off.id}/enable`)).body.webhook.disabled).toBe(false)
})

test('error: what is no webhook is refused', async () => {
  const bad = [
    { url: 'ftp://x.example/' },
    { url: 'http://user:pass@x.example/' },
    { url: 'http://x.example/\n' },
    { watched: [] },
    { watched: [{ type: 'bucket', name: 'a' }] },
    { secret: 'two words' },
    { secret: 'line\nbreak' },
    { domains: [] },
  ]
  for (const wish of bad) {
    const body = { url, watched: [{ type: 'user', name: 'ada' }], ...wish }
    expect((await send('POST', '/api/settings/webhooks', body)).status, JSON.stringify(wish)).toBe(400)
  }
})

test('error: addresses inside a network are refused, whatever they are written as', async () => {
  const refused =
    'http://127.0.0.1/ http://2130706433/ http://0x7f.1/ http://0/ http://10.1.2.3/ http://169.254.169.254/latest http://192.168.0.1 http://172.31.255.1 http://100.64.0.1 http://[::1]/ http://[::ffff:127.0.0.1]/ http://[fd00::1]/ http://[fe80::1]/ http://[64:ff9b::7f00:1]/ http://[2002:7f00:1::]/ http://224.0.0.1/'
  const none = () => Promise.reject(new Error('asked a name server'))
  for (const text of refused.split(' ')) {
    await expect(publicAddresses(new URL(text).hostname, none, false), text).rejects.toThrow('no address of the open')
  }
  const message = { id: 'x', url, secret: null, payload: {}, at: new Date() }
  await expect(sendWebhook(message, { resolve: none, allowPrivate: false })).rejects.toThrow('no address of the open')
  const mixed = async () => [
    { address: '93.184.216.34', family: 4 as const },
    { address: '10.0.0.1', family: 4 as const },
  ]
  await expect(publicAddresses('a.example', mixed, false)).rejects.toThrow('no address of the open')
  expect(isPublic({ address: '93.184.216.34', family: 4 })).toBe(true)
  expect(isPublic({ address: '2606:2800:220:1::1', family: 6 })).toBe(true)
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      if (!/^[23]/.test(address)) expect(isPublic({ address, family: 6 })).toBe(false)
    }),
  )
})
