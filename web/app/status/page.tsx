import { CircleCheck, CircleX } from 'lucide-react'
import type { Metadata } from 'next'
import { connection } from 'next/server'
import { TimeAgo } from '@/components/ui/Figures.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { probeAll, type Round } from '@/run/probes.ts'
import { Verdict } from '@/run/Verdict.tsx'

export const metadata: Metadata = { title: 'Status' }

const Status = async () => {
  await connection()
  const rounds = await probeAll()
  const [now, ...before] = rounds
  if (!now) return null
  return (
    <div className="page max-w-4xl space-y-6 py-8">
      <div>
        <h1 className="text-2xl font-semibold">Status</h1>
        <p className="mt-1 max-w-prose text-ink-2">
          This server asked each part while it made this page. Reload to ask again; nothing here is estimated.
        </p>
      </div>
      <Verdict
        holds={now.probes.every(({ ok }) => ok)}
        good="Every part answers."
        bad={`${now.probes
          .filter(({ ok }) => !ok)
          .map(({ part }) => part)
          .join(', ')}: not as it should be.`}
      />
      <Probes round={now} />
      {before.length > 0 && <History rounds={before} />}
    </div>
  )
}

const Probes = ({ round }: { round: Round }) => (
  <Table caption="Parts of the network">
    <thead>
      <tr>
        <Th>Part</Th>
        <Th>Found</Th>
        <Th className="text-right">Answered in</Th>
      </tr>
    </thead>
    <tbody>
      {round.probes.map(({ part, what, ok, ms, fact }) => (
        <tr key={part}>
          <Td>
            <span className="flex items-center gap-1.5 font-medium">
              {ok ? (
                <CircleCheck className="size-4 text-good" aria-hidden />
              ) : (
                <CircleX className="size-4 text-bad" aria-hidden />
              )}
              {part}
              <span className="sr-only">{ok ? 'works' : 'does not work'}</span>
            </span>
            <span className="block pl-5.5 text-xs text-ink-2">{what}</span>
          </Td>
          <Td className={ok ? undefined : 'text-bad'}>{fact}</Td>
          <Td numeric>{ms} ms</Td>
        </tr>
      ))}
    </tbody>
  </Table>
)

const History = ({ rounds }: { rounds: Round[] }) => (
  <section>
    <h2 className="mb-2 text-lg font-semibold">Asked before, since this server started</h2>
    <Table caption="Earlier answers, newest first">
      <thead>
        <tr>
          <Th>When</Th>
          {rounds[0]?.probes.map(({ part }) => (
            <Th key={part} className="text-right">
              {part}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rounds.slice(0, 20).map(({ at, probes }) => (
          <tr key={at}>
            <Td className="whitespace-nowrap">
              <TimeAgo at={at} />
            </Td>
            {probes.map(({ part, ok, ms }) => (
              <Td key={part} numeric className={ok ? undefined : 'text-bad'}>
                {ok ? `${ms} ms` : 'failed'}
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  </section>
)

export default Status
