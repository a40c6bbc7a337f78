import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type PassThrough = {
  isOfHub: (url: string, method?: string) => boolean
  passThrough: (endpoint: string, request: IncomingMessage, response: ServerResponse) => void
}

const path = pathToFileURL(join(import.meta.dirname, '../web/server/pass-through.mjs')).href
const { isOfHub, passThrough } = (await import(path)) as PassThrough

describe('what the web server leaves to the hub', () => {
  test.each([
    '/api/models?search=a',
    '/api',
    '/v1/chat/completions',
    '/ipfs/bafy',
    '/login?next=%2F',
    '/.well-known/openid-configuration',
    '/dehug/tiny/resolve/main/config.json',
    '/datasets/dehug/rows/resolve/main/data.csv?download=true',
    '/dehug/tiny.git/info/refs?service=git-upload-pack',
    '/dehug/tiny.git/info/lfs/objects/batch',
    '/dehug/tiny.git/git-receive-pack',
  ])('behavior: %s', (url) => expect(isOfHub(url)).toBe(true))

  test.each([
    '/',
    '/models',
    '/models?task=text-generation',
    '/apis',
    '/dehug/tiny',
    '/dehug/tiny/files/resolve',
    '/datasets/dehug/rows',
    '/docs/api',
    '/playground?next=/api/',
    '/_next/static/chunk.js',
  ])('behavior: %s is a page', (url) => expect(isOfHub(url)).toBe(false))
})

test('behavior: a model is asked where its page is read', () => {
  const url = '/models/dehug/dehug-langid'
  expect([isOfHub(url, 'POST'), isOfHub(url, 'GET')]).toEqual([true, false])
})

describe('passing requests through', () => {
  const seen: IncomingMessage[] = []
  let ended: Promise<void>
  let hub: Server
  let web: Server

  const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const listen = (server: Server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

  beforeAll(async () => {
    hub = createServer((incoming, outgoing) => {
      seen.push(incoming)
      ended = new Promise((done) => outgoing.once('close', done))
      if (incoming.url === '/api/endless') return void outgoing.writeHead(200).write('first')
      outgoing.writeHead(incoming.url === '/api/missing' ? 404 : 200, {
        'x-kept': 'yes',
        connection: 'close, x-hop',
        'x-hop': '1',
      })
      incoming.pipe(outgoing)
    })
    await listen(hub)
    web = createServer((incoming, outgoing) => passThrough(originOf(hub), incoming, outgoing))
    await listen(web)
  })

  afterAll(() => {
    for (const server of [hub, web]) server.closeAllConnections()
    for (const server of [hub, web]) server.close()
  })

  test('behavior: bodies of both directions, status and headers, with the Host the browser named', async () => {
    const body = randomBytes(5 << 20)
    const headers = { 'x-forwarded-for': '8.8.8.8', 'content-type': 'application/octet-stream' }
    const answer = await fetch(`${originOf(web)}/api/missing`, { method: 'POST', body, headers })
    expect([answer.status, answer.headers.get('x-kept'), answer.headers.get('x-hop')]).toEqual([404, 'yes', null])
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
    expect(seen.at(-1)?.headers).toMatchObject({
      host: new URL(originOf(web)).host,
      'x-forwarded-for': '127.0.0.1',
      'content-type': 'application/octet-stream',
    })
  })

  test('behavior: a body of unknown length', async () => {
    const answer = await new Promise<string>((done, fail) => {
      const sent = request(`${originOf(web)}/api/echo`, { method: 'PUT' }, (got) => {
        let text = ''
        got.on('data', (chunk) => {
          text += chunk
        })
        got.on('end', () => done(text))
      })
      sent.on('error', fail)
      sent.write('one ')
      sent.end('two')
    })
    expect(answer).toBe('one two')
    expect(seen.at(-1)?.headers['transfer-encoding']).toBe('chunked')
  })

  test('behavior: a page that goes away ends the request at the hub', async () => {
    const controller = new AbortController()
    const answer = await fetch(`${originOf(web)}/api/endless`, { signal: controller.signal })
    await answer.body?.getReader().read()
    controller.abort()
    await ended
  })

  test('error: a hub that is not there', async () => {
    const alone = createServer((incoming, outgoing) => passThrough('http://127.0.0.1:1', incoming, outgoing))
    await listen(alone)
    const answer = await fetch(`${originOf(alone)}/api/models`)
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([502, 'HubUnreachable'])
    expect(await answer.json()).toMatchObject({ error: 'The hub cannot be reached: ECONNREFUSED.' })
    alone.close()
  })
})
