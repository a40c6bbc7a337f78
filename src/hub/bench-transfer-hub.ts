import { startTestHub } from './start-test-hub.ts'

/** A hub in a process of its own, so that its memory is its own; it tells its address and, when asked, its memory. */
const hub = await startTestHub()
process.on('message', async (word) => {
  if (word === 'stop') {
    await hub.stop()
    process.exit(0)
  }
  const { user, system } = process.cpuUsage()
  process.send?.({ rssMiB: process.memoryUsage().rss / 2 ** 20, cpuSeconds: (user + system) / 1e6 })
})
process.send?.({ url: hub.url })
