import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limitBodyTime } from './limit-body-time.ts'

const bodyMs = 200
let app: FastifyInstance
let port: number

beforeAll(async () => {
  app = Fastify({ bodyLimit: 1000 })
  limitBodyTime(app, bodyMs)
  app.setErrorHandler((error: { status?: number; statusCode?: number }, _request, reply) =>
    reply.code(error.status ?? error.statusCode ?? 500).send(),
  )
  app.get('/', async () => 'got')
  app.post('/', async (request) => JSON.stringify(request.body))
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => app?.close())

/** Sends a body, says the status of the answer, and leaves the connection open. */
const send = async (method: string, body: string, headers: Record<string, string | number> = {}) => {
  const sent = request({ host: '127.0.0.1', port, method, headers: { 'content-length': body.length, ...headers } })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  answer.resume()
  return answer.statusCode as number
}

test('behavior: bodies that nobody reads end neither the process nor an answer', async () => {
  const statuses = [
    await send('GET', ''),
    await send('GET', '{"a":1}', { 'content-type': 'application/json' }),
    await send('HEAD', ''),
    await send('POST', '<a/>', { 'content-type': 'application/xml' }),
    await send('POST', 'x'.repeat(2000), { 'content-type': 'application/json' }),
    await send('POST', '{"a":1}', { 'content-type': 'application/json' }),
    await send('DELETE', '{"a":1}', { 'content-type': 'application/json' }),
  ]
  expect(statuses).toEqual([200, 200, 200, 415, 413, 200, 404])
  // An error that nobody listens to would fail this run after the time is over.
  await new Promise((done) => setTimeout(done, 2 * bodyMs))
  expect(await send('POST', '[]', { 'content-type': 'application/json' })).toBe(200)
})

test('error: a body that trickles is given up with 408', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /)
  socket.destroy()
})

test('error: what trickles in after an answer is cut off too', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: 10\r\n\r\n{')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 415 /)
  await once(socket, 'close')
})
