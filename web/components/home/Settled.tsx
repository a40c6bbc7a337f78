import { Stat } from '@/components/ui/index.ts'
import { counted, integer, usd } from '@/lib/format.ts'
import type { Stats } from '@/lib/types.ts'

/** What the chain settled and how much is there; each figure leads to what it counts. */
export const Settled = ({ stats }: { stats: Stats }) => (
  <section
    aria-label="The network in numbers"
    className="panel grid grid-cols-2 gap-4 p-4 sm:grid-cols-3 lg:grid-cols-6"
  >
    <Stat
      label="Settled today"
      value={usd(stats.settled.today)}
      href="/receipts"
      note={counted(Number(stats.jobs.today), 'job')}
    />
    <Stat
      label="Settled in all"
      value={usd(stats.settled.all)}
      href="/receipts"
      note={counted(Number(stats.jobs.all), 'job')}
    />
    <Stat label="Models" value={integer(stats.models)} href="/models" />
    <Stat label="Datasets" value={integer(stats.datasets)} href="/datasets" />
    <Stat label="Versions on chain" value={integer(stats.versions)} href="/models?verified=true" />
    <Stat label="Providers serving" value={integer(stats.providersServing)} href="/providers" />
  </section>
)
