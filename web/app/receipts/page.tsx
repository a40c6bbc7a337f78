import type { Metadata } from 'next'
import { Button, buttonClass } from '@/components/ui/Button.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { href, one, type SearchParams } from '@/lib/search-params.ts'
import { ClaimTable } from '@/run/ClaimTable.tsx'
import { claims } from '@/run/chain-data.ts'
import { MyReceipts } from '@/run/MyReceipts.tsx'

export const metadata: Metadata = { title: 'Receipts' }

const filters = [
  { name: 'model', label: 'Model', placeholder: 'namespace/name' },
  { name: 'provider', label: 'Provider', placeholder: '0x…' },
  { name: 'payer', label: 'Payer', placeholder: '0x…' },
] as const

const Receipts = async ({ searchParams }: { searchParams: SearchParams }) => {
  const params = await searchParams
  const filter = Object.fromEntries(filters.map(({ name }) => [name, one(params, name)]))
  const found = await claims({ ...filter, cursor: one(params, 'cursor') })
  const filtered = Object.values(filter).some(Boolean)
  return (
    <div className="page py-8">
      <h1 className="text-2xl font-semibold">Receipts</h1>
      <p className="mt-1 max-w-prose text-ink-2">
        Every answer is paid by a signed receipt; providers settle many at once. What is public is what was settled;
        what was asked and answered is not. Source: the events <code>Claimed</code> on chain, by{' '}
        <a href="/graphql" className="link">
          GraphQL
        </a>
        .
      </p>
      <MyReceipts />
      <h2 className="mb-2 mt-8 text-lg font-semibold">Settled on chain</h2>
      <form className="mb-3 flex flex-wrap items-end gap-2" action="/receipts">
        {filters.map(({ name, label, placeholder }) => (
          <div key={name} className="min-w-40 flex-1">
            <label htmlFor={`filter-${name}`} className="mb-1 block text-xs text-ink-2">
              {label}
            </label>
            <input
              id={`filter-${name}`}
              name={name}
              defaultValue={filter[name]}
              placeholder={placeholder}
              maxLength={200}
              className="field"
            />
          </div>
        ))}
        <Button type="submit">Filter</Button>
        {filtered && (
          <Link href="/receipts" className={buttonClass({ variant: 'ghost' })}>
            Clear
          </Link>
        )}
      </form>
      {found.claims.length === 0 ? (
        <EmptyState title={filtered ? 'Nothing settled fits this filter' : 'Nothing was settled yet'}>
          <p>Providers settle once a day, or sooner when a channel is full or its payer asks for the rest back.</p>
        </EmptyState>
      ) : (
        <ClaimTable claims={found.claims} caption="Claims, newest first" />
      )}
      {found.next && (
        <p className="mt-4">
          <Link href={href('/receipts', { ...filter, cursor: found.next })} className={buttonClass()}>
            Older
          </Link>
        </p>
      )}
    </div>
  )
}

export default Receipts
