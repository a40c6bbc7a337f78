import type { Metadata } from 'next'
import { buttonClass } from '@/components/ui/Button.tsx'
import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { href, one, type SearchParams } from '@/lib/search-params.ts'
import { type Provider, providers } from '@/run/chain-data.ts'
import { modelsOf } from '@/run/model.ts'

export const metadata: Metadata = { title: 'Providers' }

const sorts = { earned: 'Earned', stake: 'Stake', jobs: 'Answers' } as const

const Providers = async ({ searchParams }: { searchParams: SearchParams }) => {
  const params = await searchParams
  const sort = one(params, 'sort') ?? 'earned'
  const [found, list] = await Promise.all([
    providers({ sort, cursor: one(params, 'cursor') }),
    attempt(get<Parameters<typeof modelsOf>[0]>('/v1/models')),
  ])
  const served = list instanceof HubError ? undefined : servedBy(modelsOf(list))
  return (
    <div className="page py-8">
      <h1 className="text-2xl font-semibold">Providers</h1>
      <p className="mt-1 max-w-prose text-ink-2">
        Who answers, with what at stake. Figures are sums of the chain&apos;s events; what is served now is what the
        gateway reaches.
      </p>
      <nav aria-label="Order" className="my-4 flex flex-wrap gap-2">
        {Object.entries(sorts).map(([value, label]) => (
          <Link
            key={value}
            href={href('/providers', { sort: value })}
            aria-current={value === sort ? 'page' : undefined}
            className="touch inline-flex items-center rounded-md border border-line px-2.5 py-1 text-sm text-ink-2 hover:bg-raised aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:text-accent"
          >
            {label}
          </Link>
        ))}
      </nav>
      {found.providers.length === 0 ? (
        <EmptyState title="No provider registered yet">
          <p>
            <Link href="/docs/provider">How to be the first</Link>
          </p>
        </EmptyState>
      ) : (
        <ProviderTable providers={found.providers} served={served} />
      )}
      {found.next && (
        <p className="mt-4">
          <Link href={href('/providers', { sort, cursor: found.next })} className={buttonClass()}>
            More
          </Link>
        </p>
      )}
    </div>
  )
}

const servedBy = (models: ReturnType<typeof modelsOf>): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { offers } of models)
    for (const { provider } of offers) counts.set(provider, (counts.get(provider) ?? 0) + 1)
  return counts
}

const ProviderTable = ({
  providers: rows,
  served,
}: {
  providers: Provider[]
  served: Map<string, number> | undefined
}) => (
  <Table caption="Providers">
    <thead>
      <tr>
        <Th>Provider</Th>
        <Th className="text-right">Models now</Th>
        <Th className="text-right">Answers settled</Th>
        <Th className="text-right">Earned</Th>
        <Th className="text-right">Stake</Th>
        <Th className="text-right">Slashed</Th>
        <Th>Since</Th>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr key={row.address}>
          <Td>
            <Link href={`/providers/${row.address}`} className="link font-mono text-[0.8125rem]">
              {short(row.address)}
            </Link>
            {row.url && <span className="block max-w-56 truncate text-xs text-ink-2">{row.url}</span>}
          </Td>
          <Td numeric>{served ? integer(served.get(row.address) ?? 0) : 'not known'}</Td>
          <Td numeric>{integer(BigInt(row.jobs))}</Td>
          <Td numeric>
            <Money micro={row.earned} />
          </Td>
          <Td numeric>
            <Money micro={row.stake} />
          </Td>
          <Td numeric>
            <Money micro={row.slashed} />
          </Td>
          <Td className="whitespace-nowrap">
            <TimeAgo at={Number(row.at) * 1000} />
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)

export default Providers
