import { Coins } from 'lucide-react'
import type { ReactNode } from 'react'
import { BarChart } from '@/components/charts/BarChart.tsx'
import { EmptyState, Hash, Money, Stat, Table, Td, Th, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { integer, short } from '@/lib/format.ts'
import { get } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import type { Economics } from '@/lib/types.ts'
import { SplitDiagram } from './SplitDiagram.tsx'

/** Who earns what with the model, as the chain booked it. */
export const EconomicsPage = async ({ params }: { params: RepoParams }) => {
  const { id } = await repoInfo('model', await idOf(params))
  const economics = await get<Economics>(`/api/dehug/models/${id}/economics?days=30`, { as: 'visitor' })
  if (economics.modelId === null) {
    return (
      <div className="page py-6">
        <EmptyState title="This model is not on chain yet" icon={<Coins />}>
          Its NFT, terms and ledgers begin with the first version that is anchored.
        </EmptyState>
      </div>
    )
  }
  const { totals, terms } = economics
  return (
    <div className="page flex flex-col gap-8 py-6">
      <div className="panel grid grid-cols-2 gap-4 p-4 sm:grid-cols-3 lg:grid-cols-5">
        <Stat label="Fees paid" value={<Money micro={totals.claimed} />} />
        <Stat label="To creators" value={<Money micro={totals.creator} />} />
        <Stat label="To the holder" value={<Money micro={totals.holder} />} />
        <Stat label="Sale royalties" value={<Money micro={totals.royalties} />} />
        <Stat label="Jobs" value={integer(Number(totals.jobs))} href={`/receipts?model=model:${id}`} />
      </div>
      {terms && <SplitDiagram terms={terms} splits={economics.splits} owner={economics.owner} />}
      <PerDay economics={economics} />
      <Payouts payouts={economics.payouts} />
      <Holders economics={economics} />
      <p className="text-xs text-ink-3">
        All of this is read from contract events by the indexer; ask{' '}
        <a href="/graphql" className="link">
          GraphQL
        </a>{' '}
        or a node of your own.
      </p>
    </div>
  )
}

const Part = ({ id, title, children }: { id: string; title: string; children: ReactNode }) => (
  <section aria-labelledby={id}>
    <h2 id={id} className="mb-2 font-semibold">
      {title}
    </h2>
    {children}
  </section>
)

const PerDay = ({ economics: { perDay } }: { economics: Economics }) => {
  if (perDay.length === 0) return <p className="text-sm text-ink-2">Nobody paid for it in the last 30 days.</p>
  const rows = perDay.map(({ day, creator, holder, providers, fees }) => ({
    name: day,
    values: [creator, holder, providers, fees].map(Number),
  }))
  return (
    <BarChart
      title="Fees per day"
      unit="µUSDC"
      series={['Creators', 'Holder', 'Providers', 'Protocol']}
      rows={[...rows].sort((a, b) => a.name.localeCompare(b.name))}
    />
  )
}

const Payouts = ({ payouts }: { payouts: Economics['payouts'] }) => (
  <Part id="payouts" title="Payouts">
    {payouts.length === 0 ? (
      <p className="text-sm text-ink-2">Nothing was paid out yet. What is due waits in the ledgers.</p>
    ) : (
      <Table caption="Payouts">
        <thead>
          <tr>
            <Th>When</Th>
            <Th>Kind</Th>
            <Th>Of</Th>
            <Th>To</Th>
            <Th className="text-right">Amount</Th>
            <Th>Transaction</Th>
          </tr>
        </thead>
        <tbody>
          {payouts.map(({ kind, account, to, amount, at, tx }) => (
            <tr key={`${tx} ${kind} ${account}`}>
              <Td>
                <TimeAgo at={at} />
              </Td>
              <Td>{kind}</Td>
              <Td>
                <Hash value={account} what="account" href={`/u/${account}`} />
              </Td>
              <Td>
                <Hash value={to} what="receiver" />
              </Td>
              <Td numeric>
                <Money micro={amount} />
              </Td>
              <Td>
                <Hash value={tx} what="transaction" keep={6} />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    )}
  </Part>
)

const Holders = ({ economics: { owner, transfers, modelId } }: { economics: Economics }) => (
  <Part id="nft" title="Model NFT">
    <p className="text-sm">
      Held by{' '}
      {owner ? (
        <Link href={`/u/${owner}`} className="link font-mono text-[0.8125rem]" title={owner}>
          {short(owner)}
        </Link>
      ) : (
        'nobody'
      )}
      . Token <Hash value={modelId ?? ''} what="token id" keep={6} />
    </p>
    {transfers.length > 0 && (
      <ol className="mt-3 flex flex-col gap-1 text-sm text-ink-2">
        {transfers.map(({ from, to, at, block, tx }) => (
          <li key={`${tx} ${to}`} className="flex flex-wrap items-center gap-x-2">
            <TimeAgo at={at} />
            <span>
              {/^0x0+$/.test(from) ? 'minted to' : `from ${short(from)} to`} {short(to)} in block{' '}
              <span className="num">{block}</span>
            </span>
            <Hash value={tx} what="transaction" keep={6} />
          </li>
        ))}
      </ol>
    )}
  </Part>
)
