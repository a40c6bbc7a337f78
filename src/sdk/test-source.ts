import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers the request itself and returns true, or lets it through. */
export type Interference = (
  request: IncomingMessage,
  response: ServerResponse,
  body: () => Promise<Answer>,
) => boolean | Promise<boolean>
type Answer = { status: number; headers: Record<string, string>; body: Buffer }

/** A hub seen through a wire that can be cut, slowed down and forged; it writes down what was asked. */
export async function startWire(hub: string) {
  const asked: { path: string; range: string | undefined; authorization: string | undefined }[] = []
  let interfere: Interference = () => false
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    asked.push({ path, range: request.headers.range, authorization: request.headers.authorization })
    const fetched = async (): Promise<Answer> => {
      const { range, authorization } = request.headers
      const answer = await fetch(hub + path, {
        redirect: 'manual',
        headers: { ...(range ? { range } : {}), ...(authorization ? { authorization } : {}) },
      })
      const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const headers = Object.fromEntries([...answer.headers].map(([name, value]) => [name, value.replaceAll(hub, own)]))
      delete headers['transfer-encoding']
      delete headers.connection
      return { status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()) }
    }
    const serve = async () => {
      if (await interfere(request, response, fetched)) return
      const { status, headers, body } = await fetched()
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(body)
    }
    serve().catch(() => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** What was asked of files, by path. */
    files: () =>
      asked.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path.split('/').slice(5).join('/')),
    on: (interference: Interference) => {
      interfere = interference
    },
    clear: () => {
      interfere = () => false
      asked.length = 0
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(done)
      }),
  }
}
