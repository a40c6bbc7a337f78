// What belongs to the hub is answered by the hub, as a stream in both directions.
import { Agent, request as ask } from 'node:http'
import { request as askSecurely, Agent as SecureAgent } from 'node:https'
import { pipeline } from 'node:stream'

const prefixes = /^\/(api|v1|v2|ipfs|graphql|oauth|login|logout|avatars|xet|\.well-known)(\/|\?|$)/
const files =
  /^\/((datasets|spaces)\/)?[^/?]+\/[^/?]+\/(resolve|raw|info\/(refs|lfs)|git-upload-pack|git-receive-pack)(\/|\?|$)/

/** Inference by the address of a model; the same address read is a page. */
const tasks = /^\/(models|pipeline|hf-inference)\//

/** Whether the hub answers this path; see its routes. */
export const isOfHub = (url, method) => prefixes.test(url) || files.test(url) || (method === 'POST' && tasks.test(url))

const agents = { 'http:': new Agent({ keepAlive: true }), 'https:': new SecureAgent({ keepAlive: true }) }

/** Hop-by-hop: RFC 9110, section 7.6.1. */
const own = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

const without = (headers, names) => {
  const listed = String(headers.connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name) && !listed.includes(name)))
}

/** Sends a request on with its Host, and its answer back. An end on one side ends the other. */
export const passThrough = (endpoint, request, response) => {
  const target = new URL(endpoint)
  const hasBody = request.headers['transfer-encoding'] !== undefined
  const onward = (target.protocol === 'https:' ? askSecurely : ask)({
    protocol: target.protocol,
    hostname: target.hostname,
    port: target.port,
    agent: agents[target.protocol],
    method: request.method,
    path: request.url,
    headers: {
      ...without(request.headers, own),
      ...(hasBody ? { 'transfer-encoding': 'chunked' } : {}),
      'x-forwarded-for': request.socket.remoteAddress,
      'x-forwarded-host': request.headers.host,
    },
  })
  onward.on('response', (answer) => {
    response.writeHead(
      answer.statusCode,
      without(
        answer.headers,
        own.filter((name) => name !== 'transfer-encoding'),
      ),
    )
    response.flushHeaders()
    pipeline(answer, response, () => {})
  })
  onward.on('error', (error) => refuse(response, error))
  response.on('close', () => onward.destroy())
  request.on('error', () => onward.destroy())
  request.pipe(onward)
}

const refuse = (response, error) => {
  if (response.headersSent || response.destroyed) return response.destroy()
  response.writeHead(502, { 'content-type': 'application/problem+json', 'x-error-code': 'HubUnreachable' })
  response.end(
    JSON.stringify({ title: 'HubUnreachable', status: 502, error: `The hub cannot be reached: ${error.code}.` }),
  )
}
