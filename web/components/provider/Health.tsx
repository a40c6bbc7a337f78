import { Table, Td, Th } from '@/components/ui/index.ts'
import { integer } from '@/lib/format.ts'
import type { Health } from '@/lib/types.ts'

const heads = [
  { label: 'Uptime', title: 'The part of the gateway’s checks in which it had its offers' },
  { label: 'First token', title: 'Half of the answers begin within this time' },
  { label: 'Tokens / s', title: 'Half of the answers are faster' },
]

/** Heads of the columns of {@link HealthCells}. */
export const HealthHeads = () =>
  heads.map(({ label, title }) => (
    <Th key={label} className="text-right" title={title}>
      {label}
    </Th>
  ))

/** How a provider did, as the gateway saw it; what nobody measured is a dash. */
export const HealthCells = ({ health: { uptime, ttftMs, tokensPerSecond } }: { health: Health }) => (
  <>
    <Td numeric>{uptime === null ? '–' : `${Number((uptime * 100).toFixed(1))} %`}</Td>
    <Td numeric title={ttftMs ? `19 of 20 within ${Math.round(ttftMs.p95)} ms` : undefined}>
      {ttftMs === null ? '–' : `${Math.round(ttftMs.p50)} ms`}
    </Td>
    <Td numeric>{tokensPerSecond === null ? '–' : tokensPerSecond.p50.toFixed(1)}</Td>
  </>
)

const spans = [
  { name: 'day', label: 'A day' },
  { name: 'week', label: '7 days' },
  { name: 'month', label: '30 days' },
] as const

/** How a provider did over a day, a week and a month. */
export const HealthTable = ({ over }: { over: Record<'day' | 'week' | 'month', Health> }) => (
  <Table caption="How it did, as this network’s gateway saw it">
    <thead>
      <tr>
        <Th>In the last</Th>
        <Th className="text-right">Checks</Th>
        <HealthHeads />
        <Th className="text-right">Answers</Th>
        <Th className="text-right">Failed by it</Th>
      </tr>
    </thead>
    <tbody>
      {spans.map(({ name, label }) => (
        <tr key={name}>
          <Td>{label}</Td>
          <Td numeric>{integer(over[name].checks)}</Td>
          <HealthCells health={over[name]} />
          <Td numeric>{integer(over[name].answers)}</Td>
          <Td numeric>{integer(over[name].failures)}</Td>
        </tr>
      ))}
    </tbody>
  </Table>
)
