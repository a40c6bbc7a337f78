import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { EvalFilters } from '@/components/people/EvalFilters.tsx'
import { Formula } from '@/components/people/Formula.tsx'
import { Badge, EmptyState, ErrorState, LinkButton, Money, Table, Td, Th, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { integer, short } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { idOfKey, pageOfKey } from '@/lib/repo-path.ts'
import { href, one, type SearchParams } from '@/lib/search-params.ts'
import type { Board, CreatorRank, EvalRank, ModelRank, ProviderRank } from '@/lib/signal-types.ts'
import { taskName } from '@/lib/tasks.ts'

export const metadata: Metadata = { title: 'Leaderboards' }

const kinds = [
  { value: 'models', label: 'Models' },
  { value: 'creators', label: 'Creators' },
  { value: 'providers', label: 'Providers' },
  { value: 'evals', label: 'Evaluations' },
]
const periods = [
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: 'all', label: 'All time' },
]

/** Who leads, by what the chain settled and manifests sign. */
const Leaderboards = async ({ searchParams }: { searchParams: SearchParams }) => {
  const query = await searchParams
  const kind = kinds.find(({ value }) => value === one(query, 'kind'))?.value ?? 'models'
  const period = periods.find(({ value }) => value === one(query, 'period'))?.value ?? '30d'
  const evals = Object.fromEntries(['task', 'dataset', 'metric'].map((name) => [name, one(query, name)]))
  const filters = kind === 'evals' ? evals : {}
  const path = href('/api/dehug/leaderboards', { kind, period, limit: '50', ...filters })
  const board = await attempt(get<Board<never>>(path))
  return (
    <div className="page py-8">
      <h1 className="text-2xl font-semibold">Leaderboards</h1>
      <p className="mt-1 max-w-prose text-ink-2">
        Counted from settled claims, signed pulls and signed manifests; nobody can be moved by hand.
      </p>
      <div className="mt-5 flex flex-wrap justify-between gap-3 border-b border-line pb-3">
        <Choice
          label="Board"
          options={kinds}
          chosen={kind}
          link={(value) => href('/leaderboards', { kind: value, period })}
        />
        {kind !== 'evals' && (
          <Choice
            label="Period"
            options={periods}
            chosen={period}
            link={(value) => href('/leaderboards', { kind, period: value })}
          />
        )}
      </div>
      <div className="mt-4">
        {kind === 'evals' && <EvalFilters values={evals} />}
        {board instanceof HubError ? (
          <ErrorState title="The standings do not answer right now">{board.message}</ErrorState>
        ) : (
          <Standings kind={kind} board={board} />
        )}
      </div>
      <Formula />
    </div>
  )
}

export default Leaderboards

type ChoiceProps = {
  label: string
  options: { value: string; label: string }[]
  chosen: string
  link: (value: string) => string
}

const Choice = ({ label, options, chosen, link }: ChoiceProps) => (
  <nav aria-label={label} className="flex flex-wrap gap-1">
    {options.map(({ value, label }) => (
      <LinkButton
        key={value}
        href={link(value)}
        size="sm"
        variant="ghost"
        aria-current={value === chosen ? 'page' : undefined}
        className={value === chosen ? 'bg-raised !text-ink' : ''}
      >
        {label}
      </LinkButton>
    ))}
  </nav>
)

const Standings = ({ kind, board }: { kind: string; board: Board<never> }) => {
  if (board.entries.length === 0) {
    return <EmptyState title="Nobody stands here yet">Nothing was settled or signed in this period.</EmptyState>
  }
  const rows = {
    models: () => <Models board={board} />,
    creators: () => <Creators board={board} />,
    providers: () => <Providers board={board} />,
    evals: () => <Evals board={board} />,
  }[kind]
  return (
    <>
      {rows?.()}
      <p className="mt-2 text-xs text-ink-3">
        From {board.source === 'chain' ? 'contract events' : 'model cards and signed manifests'},{' '}
        <TimeAgo at={board.asOf} />.
      </p>
    </>
  )
}

type Column<T> = { head: string; cell: (entry: T) => ReactNode; numeric?: boolean }

const Ranking = <T extends { rank: number }>({
  caption,
  entries,
  columns,
  keyOf,
}: {
  caption: string
  entries: T[]
  columns: Column<T>[]
  keyOf: (entry: T) => string
}) => (
  <Table caption={caption}>
    <thead>
      <tr>
        <Th className="w-12 text-right">Rank</Th>
        {columns.map(({ head, numeric }) => (
          <Th key={head} className={numeric ? 'text-right' : ''}>
            {head}
          </Th>
        ))}
      </tr>
    </thead>
    <tbody>
      {entries.map((entry) => (
        <tr key={keyOf(entry)}>
          <Td numeric className="text-ink-3">
            {entry.rank}
          </Td>
          {columns.map(({ head, cell, numeric }) => (
            <Td key={head} numeric={numeric}>
              {cell(entry)}
            </Td>
          ))}
        </tr>
      ))}
    </tbody>
  </Table>
)

const Repo = ({ repo }: { repo: string }) => (
  <Link href={pageOfKey(repo) ?? '/models'} className="link">
    {idOfKey(repo)}
  </Link>
)

const Person = ({ address, name, at }: { address: string; name: string | null; at: string }) => (
  <Link href={`${at}/${name && at === '/u' ? name : address}`} className="link" title={address}>
    {name ?? short(address)}
  </Link>
)

const revenue = {
  head: 'Settled',
  numeric: true,
  cell: (e: { revenueMicroUsdc: string }) => <Money micro={e.revenueMicroUsdc} />,
}

const Models = ({ board }: { board: Board<ModelRank> }) => (
  <Ranking
    caption="Models"
    entries={board.entries}
    keyOf={({ repo }) => repo}
    columns={[
      { head: 'Model', cell: ({ repo }) => <Repo repo={repo} /> },
      revenue,
      { head: 'Jobs', numeric: true, cell: ({ jobs }) => integer(jobs) },
      { head: 'Payers', numeric: true, cell: ({ payers }) => integer(payers) },
      { head: 'Verified pulls', numeric: true, cell: ({ verifiedPulls }) => integer(verifiedPulls) },
      { head: 'Score', numeric: true, cell: ({ score }) => integer(score) },
    ]}
  />
)

const Creators = ({ board }: { board: Board<CreatorRank> }) => (
  <Ranking
    caption="Creators"
    entries={board.entries}
    keyOf={({ address }) => address}
    columns={[
      { head: 'Creator', cell: ({ address, name }) => <Person address={address} name={name} at="/u" /> },
      { ...revenue, head: 'Earned' },
      { head: 'Models', numeric: true, cell: ({ models }) => integer(models) },
    ]}
  />
)

const Providers = ({ board }: { board: Board<ProviderRank> }) => (
  <Ranking
    caption="Providers"
    entries={board.entries}
    keyOf={({ address }) => address}
    columns={[
      {
        head: 'Provider',
        cell: ({ address, name, servingNow }) => (
          <span className="flex flex-wrap items-center gap-2">
            <Person address={address} name={name} at="/providers" />
            {servingNow && <Badge tone="good">Serving</Badge>}
          </span>
        ),
      },
      { ...revenue, head: 'Earned' },
      { head: 'Jobs', numeric: true, cell: ({ jobs }) => integer(jobs) },
      { head: 'Stake', numeric: true, cell: ({ stakeMicroUsdc }) => <Money micro={stakeMicroUsdc} /> },
      { head: 'Active days', numeric: true, cell: ({ activeDays }) => activeDays },
    ]}
  />
)

const Evals = ({ board }: { board: Board<EvalRank> }) => (
  <Ranking
    caption="Evaluations"
    entries={board.entries}
    keyOf={({ repo, source, task, dataset, metric }) => [repo, source, task, dataset, metric].join(' ')}
    columns={[
      { head: 'Model', cell: ({ repo }) => <Repo repo={repo} /> },
      { head: 'Task', cell: ({ task }) => (task ? taskName(task) : '–') },
      { head: 'Data', cell: ({ dataset }) => dataset },
      { head: 'Metric', cell: ({ metric }) => metric },
      { head: 'Value', numeric: true, cell: ({ value }) => Number(value.toPrecision(4)) },
      {
        head: 'Known from',
        cell: ({ source, verified, runner }) =>
          source === 'manifest' && runner ? (
            <Badge tone="good" title={verified ? 'It names a file of data that is here' : undefined}>
              Signed by {short(runner)}
            </Badge>
          ) : (
            <Badge title="Stated in the model card">Reported by the author</Badge>
          ),
      },
    ]}
  />
)
