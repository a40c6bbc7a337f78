// Serves the web app, and passes the paths of the hub through to it, so that a browser sees one origin.
// Environment: HOST, PORT, DEHUG_ENDPOINT (the hub), DEHUG_RPC_URL (the chain's node, asked by pages that verify),
// DEHUG_WEB_DEV=1 for the development server.
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import next from 'next'
import { claimBuild } from './server/claim-build.mjs'
import { isOfHub, passThrough } from './server/pass-through.mjs'
import { secure } from './server/secure.mjs'
import { offlineWorker, offlineWorkerPath } from './server/serve-offline-worker.mjs'

const { HOST: hostname = '127.0.0.1', PORT = '3000', DEHUG_ENDPOINT, DEHUG_RPC_URL, DEHUG_WEB_DEV } = process.env
if (!DEHUG_ENDPOINT) throw new Error('The web app needs a hub: set DEHUG_ENDPOINT=http://127.0.0.1:4800.')

const dev = DEHUG_WEB_DEV === '1'
const dir = dirname(fileURLToPath(import.meta.url))
// Read by next.config.ts.
if (!dev) process.env.DEHUG_WEB_BUILD = `.next/${await claimBuild(join(dir, '.next'))}`
const app = next({ dev, hostname, port: Number(PORT), dir })
await app.prepare()
const page = app.getRequestHandler()
const sendOfflineWorker = await offlineWorker(process.env.DEHUG_WEB_BUILD ?? 'in development')

const server = createServer({ requestTimeout: 0, headersTimeout: 20_000 }, (request, response) => {
  if (request.url === '/healthz') return health(response)
  if (request.url === offlineWorkerPath) return sendOfflineWorker(response)
  if (isOfHub(request.url ?? '/', request.method)) return passThrough(DEHUG_ENDPOINT, request, response)
  // Next keeps what a visitor says about itself.
  request.headers['x-forwarded-for'] = request.socket.remoteAddress
  secure(request, response, { dev, connect: DEHUG_RPC_URL ? [new URL(DEHUG_RPC_URL).origin] : [] })
  page(request, response).catch((error) => {
    process.stderr.write(`${request.method} ${request.url}: ${error?.stack ?? error}\n`)
    if (!response.headersSent) response.writeHead(500)
    response.end()
  })
})

const health = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ status: 'ok', role: 'web', endpoint: DEHUG_ENDPOINT }))
}

server.listen(Number(PORT), hostname)

const stop = () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), 2000).unref()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
