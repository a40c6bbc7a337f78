'use client'
import { Money } from '@/components/ui/Figures.tsx'
import type { Quote } from './use-run.ts'

/** The most that one press of Run can cost, over all columns. */
export const TotalQuote = ({ quotes, free }: { quotes: Quote[]; free: boolean }) => (
  <p role="status" className="rounded-md bg-raised px-3 py-2 text-sm" data-testid="quote">
    {free ? 'Free: it runs on your machine, and nothing you type leaves it.' : <Priced quotes={quotes} />}
  </p>
)

const Priced = ({ quotes }: { quotes: Quote[] }) => {
  if (quotes.some(({ kind }) => kind === 'refused')) return 'No price: see the model.'
  if (quotes.some(({ kind }) => kind === 'asking')) return 'Asking for the price…'
  if (quotes.length === 0 || quotes.some(({ kind }) => kind === 'none')) return 'Write something to see the price.'
  const total = quotes.reduce((sum, quote) => sum + (quote.kind === 'quoted' ? quote.maxFee : 0n), 0n)
  return (
    <>
      Costs at most{' '}
      <strong>
        <Money micro={total} />
      </strong>
      {quotes.length > 1 && ` for ${quotes.length} models`}. You are charged for what is written, never more.
    </>
  )
}
