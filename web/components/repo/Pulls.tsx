import { BarChart } from '@/components/charts/BarChart.tsx'
import { integer } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import type { RepoType } from '@/lib/types.ts'

type Answer = { verifiedPulls30d: number; days: { day: number; root: string; pulls: number }[] }

/** Signed pull receipts per day: one per person, version and day. */
export const Pulls = async ({ type, id }: { type: RepoType; id: string }) => {
  const found = await attempt(get<Answer>(`/api/dehug/pulls/${type}/${id}`, { as: 'visitor' }))
  if (found instanceof HubError) return null
  const perDay = new Map<number, number>()
  for (const { day, pulls } of found.days) perDay.set(day, (perDay.get(day) ?? 0) + pulls)
  const rows = [...perDay].sort(([a], [b]) => a - b).map(([day, pulls]) => ({ name: dateOf(day), values: [pulls] }))
  return (
    <section id="pulls" aria-labelledby="pulls-title" className="mt-10">
      <h2 id="pulls-title" className="font-semibold">
        Verified pulls
      </h2>
      <p className="mt-1 mb-3 max-w-prose text-sm text-ink-2">
        {integer(found.verifiedPulls30d)} in the last 30 days. A pull counts when whoever pulled signed for it: once per
        person, version and day.
      </p>
      {rows.length > 0 && <BarChart title="Verified pulls per day" unit="pulls" series={['Pulls']} rows={rows} />}
    </section>
  )
}

const dateOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10)
