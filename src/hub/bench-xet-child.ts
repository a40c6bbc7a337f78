import { startTestHub, type TestHub } from './start-test-hub.ts'

/** What the measured hub is asked, and what it answers: where it is, or what it has used so far. */
export type HubFacts = { url: string; dir: string; rssMiB: number; peakRssMiB: number; cpuSeconds: number }

let hub: TestHub | undefined
let peak = 0

const sample = () => {
  peak = Math.max(peak, process.memoryUsage.rss())
}

process.on('message', async (job: 'facts' | 'stop') => {
  hub ??= await startTestHub()
  if (job === 'stop') {
    await hub.stop()
    process.exit(0)
  }
  sample()
  const { user, system } = process.cpuUsage()
  const { url, dir } = hub
  const facts: HubFacts = {
    url,
    dir,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    peakRssMiB: peak / 2 ** 20,
    cpuSeconds: (user + system) / 1e6,
  }
  peak = 0
  process.send?.(facts)
})
setInterval(sample, 50).unref()
