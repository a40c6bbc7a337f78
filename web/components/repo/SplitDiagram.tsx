import { percent, short } from '@/lib/format.ts'
import type { Economics } from '@/lib/types.ts'

type Props = { terms: NonNullable<Economics['terms']>; splits: Economics['splits']; owner: string | null }
type Part = { name: string; bps: number; color: string }

/** How each dollar for a request is divided; the same numbers stand beside the bar. */
export const SplitDiagram = ({ terms, splits, owner }: Props) => {
  const creators = Math.round((terms.creatorBps * terms.creatorShareBps) / 10_000)
  const parts: Part[] = [
    { name: 'Provider and protocol fee', bps: 10_000 - terms.creatorBps, color: 'var(--chart-5)' },
    {
      name: `Holder of the NFT${owner ? ` (${short(owner)})` : ''}`,
      bps: terms.creatorBps - creators,
      color: 'var(--chart-2)',
    },
    ...splits.map(({ creator, name, shareBps }, i) => ({
      name: name ?? short(creator),
      bps: Math.round((creators * shareBps) / 10_000),
      color: ['var(--chart-1)', 'var(--chart-3)', 'var(--chart-4)'][i % 3] ?? '',
    })),
  ].filter(({ bps }) => bps > 0)
  return (
    <section aria-labelledby="split">
      <h2 id="split" className="mb-2 font-semibold">
        How a fee is divided
      </h2>
      <div className="panel p-4">
        <div aria-hidden className="flex h-6 gap-0.5 overflow-hidden rounded-md">
          {parts.map(({ name, bps, color }) => (
            <span key={name} style={{ flexGrow: bps, background: color }} />
          ))}
        </div>
        <ul className="mt-3 grid gap-x-6 gap-y-1 text-sm sm:grid-cols-2">
          {parts.map(({ name, bps, color }) => (
            <li key={name} className="flex items-center gap-2">
              <span aria-hidden className="size-3 shrink-0 rounded-sm" style={{ background: color }} />
              <span className="min-w-0 flex-1 truncate">{name}</span>
              <span className="num font-medium">{percent(bps)}</span>
            </li>
          ))}
        </ul>
        <p className="mt-3 text-xs text-ink-3">
          The model’s part is {percent(terms.creatorBps)} of each fee, {percent(terms.creatorShareBps)} of that to its
          creators. Sales of the NFT pay {percent(terms.royaltyBps)} royalty.
        </p>
      </div>
    </section>
  )
}
