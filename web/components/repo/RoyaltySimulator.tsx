'use client'
import { useId, useState } from 'react'

type Props = { parents: { name: string; bps: number }[]; creatorBps: number }

const dollars = (value: number) => `$${value.toFixed(2)}`

/** What the parents get of the creator's part when so much is paid for the model. */
export const RoyaltySimulator = ({ parents, creatorBps }: Props) => {
  const [revenue, setRevenue] = useState(1000)
  const id = useId()
  const creatorPart = (revenue * creatorBps) / 10_000
  return (
    <section aria-labelledby={`${id}-title`} className="panel p-4 text-sm">
      <h2 id={`${id}-title`} className="font-semibold">
        If people pay for it
      </h2>
      <label htmlFor={id} className="mt-2 flex flex-wrap items-center gap-3">
        <span>
          Fees in a month: <strong className="num">{dollars(revenue)}</strong>
        </span>
        <input
          id={id}
          type="range"
          min={0}
          max={10_000}
          step={50}
          value={revenue}
          onChange={(event) => setRevenue(Number(event.target.value))}
          className="min-w-48 flex-1 accent-accent"
        />
      </label>
      <ul className="mt-2 text-ink-2">
        {parents.map(({ name, bps }) => (
          <li key={name} className="num">
            {name}: {dollars((creatorPart * bps) / 10_000)}
          </li>
        ))}
      </ul>
      <p className="mt-2 text-xs text-ink-3">
        Of the {creatorBps / 100} % that creators get. Where direct royalties add up to more than 30 % they shrink in
        proportion.
      </p>
    </section>
  )
}
