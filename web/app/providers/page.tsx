import type { Metadata } from 'next'
import { HealthCells, HealthHeads } from '@/components/provider/Health.tsx'
import { buttonClass } from '@/components/ui/Button.tsx'
import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short } from '@/lib/format.ts'
import { get } from '@/lib/hub.ts'
import { href, one, type SearchParams } from '@/lib/search-params.ts'
import type { ListedProvider } from '@/lib/types.ts'

export const metadata: Metadata = { title: 'Providers' }

const sorts = { earned: 'Earned', stake: 'Stake', jobs: 'Answers' } as const

const Providers = async ({ searchParams }: { searchParams: SearchParams }) => {
  const params = await searchParams
  const wanted = one(params, 'sort') ?? 'earned'
  const sort = wanted in sorts ? wanted : 'earned'
  const found = await get<{ providers: ListedProvider[]; next: string | null }>(
    href('/api/dehug/providers', { sort, cursor: one(params, 'cursor') }),
  )
  return (
    <div className="page py-8">
      <h1 className="text-2xl font-semibold">Providers</h1>
      <p className="mt-1 max-w-prose text-ink-2">
        Who answers, with what at stake. Money and answers are sums of the chain&apos;s events; uptime and speed are
        what this network&apos;s gateway saw in seven days.
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
        <ProviderTable providers={found.providers} />
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

const ProviderTable = ({ providers }: { providers: ListedProvider[] }) => (
  <Table caption="Providers">
    <thead>
      <tr>
        <Th>Provider</Th>
        <Th className="text-right">Models now</Th>
        <HealthHeads />
        <Th className="text-right">Answers settled</Th>
        <Th className="text-right">Earned</Th>
        <Th className="text-right">Stake</Th>
        <Th className="text-right">Slashed</Th>
        <Th>Since</Th>
      </tr>
    </thead>
    <tbody>
      {providers.map((row) => (
        <tr key={row.address}>
          <Td>
            <Link href={`/providers/${row.address}`} className="link font-mono text-[0.8125rem]">
              {row.name ?? short(row.address)}
            </Link>
            {row.url && <span className="block max-w-56 truncate text-xs text-ink-2">{row.url}</span>}
          </Td>
          <Td numeric>{integer(row.models)}</Td>
          <HealthCells health={row.health} />
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
            <TimeAgo at={Date.parse(row.since)} />
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)

export default Providers
