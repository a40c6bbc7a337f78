'use client'
import { useCallback, useState } from 'react'
import { Button, LinkButton } from '@/components/ui/Button.tsx'
import { Money as Figure } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { Stat } from '@/components/ui/Stat.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short, usd } from '@/lib/format.ts'
import { type Money, moneyOf, query, useLoaded } from './account-data.ts'
import { csvOf, download } from './csv.ts'
import { WithWallet } from './Gate.tsx'
import { MoneyMoves } from './MoneyMoves.tsx'
import { Problem } from './Problem.tsx'
import { type Wish, WriteDialog } from './WriteDialog.tsx'

type ModelRow = {
  id: string
  repo: string
  versions: number
  jobs: string
  claimed: string
  creatorTotal: string
  holderTotal: string
  royaltyTotal: string
}
type Earned = { money: Money; models: ModelRow[] }

const modelsText = `query ($owner: String!) {
  models(where: { owner: $owner }, orderBy: "claimed", orderDirection: "desc", limit: 200) {
    items { id repo versions jobs claimed creatorTotal holderTotal royaltyTotal }
  }
}`

const earnedBy = async (address: string): Promise<Earned> => {
  const owner = address.toLowerCase()
  const [money, { models }] = await Promise.all([
    moneyOf(owner),
    query<{ models: { items: ModelRow[] } }>(modelsText, { owner }),
  ])
  return { money, models: models.items }
}

/** What a creator earns, of which model, and taking it out. */
export const DashboardPage = () => (
  <WithWallet what="see what you earn" why="Earnings belong to a wallet.">
    {(address) => <Dashboard address={address} />}
  </WithWallet>
)

const Dashboard = ({ address }: { address: string }) => {
  const load = useCallback(() => earnedBy(address), [address])
  const { value, problem, reload } = useLoaded(load)
  const [wish, setWish] = useState<Wish>()
  if (problem !== undefined) return <Problem error={problem} />
  if (!value) return <Skeleton className="h-64" />
  const { money, models } = value
  const { revenue, credit } = money.earnings
  const paid = money.withdrawals.filter(({ kind }) => kind === 'revenue' || kind === 'credit')
  const total = paid.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return (
    <div className="grid gap-6">
      <div className="panel grid grid-cols-2 gap-4 p-4 md:grid-cols-4">
        <Stat label="From models, to take out" value={usd(revenue)} note="RevenueLedger" />
        <Stat label="From serving, to take out" value={usd(credit)} note="UsageController" />
        <Stat label="Taken out" value={usd(total)} note="withdrawals on chain" />
        <Stat label="Models and datasets" value={integer(models.length)} />
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          variant="primary"
          disabled={revenue + credit === 0n}
          onClick={() => setWish(claimWish(address, revenue, credit, reload))}
        >
          Withdraw {usd(revenue + credit)}
        </Button>
        <Button onClick={() => download('dehug-earnings.csv', csvOf(models, paid))}>Save as CSV</Button>
        <LinkButton href="/new">Publish</LinkButton>
      </div>
      {models.length === 0 ? (
        <EmptyState title="Nothing published yet" action={<LinkButton href="/new">Publish a model</LinkButton>} />
      ) : (
        <Models models={models} />
      )}
      {paid.length > 0 && <MoneyMoves caption="Payouts" first="From" moves={paid.map(payoutOf)} />}
      {wish && <WriteDialog wish={wish} onClose={() => setWish(undefined)} />}
    </div>
  )
}

const payoutOf = ({ kind, ...row }: Money['withdrawals'][number]) => ({
  ...row,
  what: kind === 'revenue' ? 'models' : 'serving',
})

const claimWish = (address: string, revenue: bigint, credit: bigint, onDone: () => void): Wish => ({
  title: 'Withdraw earnings',
  lines: [
    ...(credit > 0n ? [{ label: 'From serving', value: usd(credit) }] : []),
    ...(revenue > 0n ? [{ label: 'From models', value: usd(revenue) }] : []),
    { label: 'To', value: `your wallet ${short(address)}` },
    { label: 'Gas', value: '$0.00, paid by the relayer' },
  ],
  onDone,
  act: async (connection) => {
    const { claim } = await import('dehug/sdk/web')
    await claim(connection, {})
  },
})

const pageOf = (repo: string): string => {
  const [type = 'model', id = ''] = repo.split(':')
  return type === 'model' ? `/${id}` : `/${type}s/${id}`
}

const Models = ({ models }: { models: ModelRow[] }) => (
  <Table caption="Earnings by model">
    <thead>
      <tr>
        <Th>Model</Th>
        <Th className="text-right">Runs</Th>
        <Th className="text-right">Fees settled</Th>
        <Th className="text-right">To creators</Th>
        <Th className="text-right">To the holder</Th>
        <Th className="text-right">Royalties</Th>
        <Th>
          <span className="sr-only">Settings</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {models.map((model) => (
        <tr key={model.id}>
          <Td>
            <Link href={`${pageOf(model.repo)}`} className="link break-all">
              {model.repo.replace(/^model:/, '')}
            </Link>
          </Td>
          <Td numeric>{integer(BigInt(model.jobs))}</Td>
          {[model.claimed, model.creatorTotal, model.holderTotal, model.royaltyTotal].map((micro, i) => (
            <Td numeric key={i}>
              <Link href={`${pageOf(model.repo)}/economics`} className="hover:underline">
                <Figure micro={micro} />
              </Link>
            </Td>
          ))}
          <Td>
            <Link href={`${pageOf(model.repo)}/settings`} className="link">
              Settings<span className="sr-only"> of {model.repo}</span>
            </Link>
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)
