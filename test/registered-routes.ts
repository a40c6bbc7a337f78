import Fastify from 'fastify'
import { type Gateway, gatewayPlugin } from '../src/gateway/index.ts'
import { hubPlugin, hubServerOptions } from '../src/hub/index.ts'
import { startTestHub } from '../src/hub/start-test-hub.ts'

/** All routes of hub and gateway as `get /path`. The gateway is not asked for anything, so it needs nothing behind it. */
export const registered = async (): Promise<string[]> => {
  const found = new Set<string>()
  const app = Fastify(hubServerOptions)
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'OPTIONS' && one !== 'HEAD') found.add(`${one.toLowerCase()} ${url}`)
  })
  const hub = await startTestHub()
  try {
    await app.register(hubPlugin(hub.context))
    await app.register(gatewayPlugin({} as Gateway))
    await app.ready()
    return [...found]
  } finally {
    await app.close()
    await hub.stop()
  }
}
