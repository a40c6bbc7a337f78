import type { ReactNode } from 'react'

/** Names and values, one a line. */
export const Facts = ({ rows }: { rows: [string, ReactNode][] }) => (
  <dl className="panel divide-y divide-line text-sm">
    {rows.map(([name, value]) => (
      <div key={name} className="grid gap-x-4 px-4 py-2 sm:grid-cols-[12rem_minmax(0,1fr)]">
        <dt className="text-ink-2">{name}</dt>
        <dd className="min-w-0 break-words">{value}</dd>
      </div>
    ))}
  </dl>
)
