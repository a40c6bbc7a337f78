import type { ReactNode } from 'react'
import { VerdictBadge } from '@/components/repo/VerdictBadge.tsx'
import { Bytes, EmptyState, Money, Table, Td, Th, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { compact } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, find, get } from '@/lib/hub.ts'
import { licenseOf } from '@/lib/license.ts'
import { idOfKey } from '@/lib/repo-path.ts'
import { taskName } from '@/lib/tasks.ts'
import type { Lineage, Offer, RepoInfo } from '@/lib/types.ts'

type Eval = { task: string; dataset: string; metric: string; value: number }
type Entry = { info: RepoInfo; offers: Offer[]; lineage: Lineage | undefined; evals: Eval[] }

/** Manifests of more files are not read for their evaluations. */
const maxFiles = 5000

/** Facts of up to four models, a column each. */
export const CompareTable = async ({ ids }: { ids: string[] }) => {
  const entries = (await Promise.all(ids.map(entryOf))).filter((entry) => entry !== undefined)
  if (entries.length === 0) return <EmptyState title="None of these models exists, or you may not see them" />
  return (
    <Table caption="Models side by side">
      <thead>
        <tr>
          <Th>
            <span className="sr-only">Fact</span>
          </Th>
          {entries.map(({ info }) => (
            <Th key={info.id} className="min-w-44">
              <Link href={`/${info.id}`} className="link text-sm">
                {info.id}
              </Link>
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...facts, ...evalRows(entries)].map(({ name, cell }) => (
          <tr key={name}>
            <th
              scope="row"
              className="whitespace-nowrap border-b border-line px-3 py-2 text-left font-medium text-ink-2"
            >
              {name}
            </th>
            {entries.map((entry) => (
              <Td key={entry.info.id} className="num">
                {cell(entry) ?? <span className="text-ink-3">–</span>}
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

const entryOf = async (id: string): Promise<Entry | undefined> => {
  const info = await find<RepoInfo>(`/api/models/${id}`, { as: 'visitor' })
  if (!info) return undefined
  const path = `/api/dehug/models/${info.id}`
  const [offers, lineage, manifest] = await Promise.all([
    attempt(get<{ offers: Offer[] }>(`${path}/providers`, { as: 'visitor' })),
    attempt(get<Lineage>(`${path}/lineage`, { as: 'visitor' })),
    (info.siblings?.length ?? 0) > maxFiles
      ? undefined
      : find<{ manifest: string }>(`/api/dehug/manifest/model/${info.id}/head`, { as: 'visitor' }),
  ])
  return {
    info,
    offers: offers instanceof HubError ? [] : offers.offers,
    lineage: lineage instanceof HubError ? undefined : lineage,
    evals: manifest === undefined ? [] : (JSON.parse(manifest.manifest) as { evals: Eval[] }).evals,
  }
}

type Fact = { name: string; cell: (entry: Entry) => ReactNode }

const least = (offers: Offer[], price: 'in' | 'out') =>
  offers.map((offer) => BigInt(offer.price[price])).sort((a, b) => (a < b ? -1 : 1))[0]

const money = (micro: bigint | undefined) => (micro === undefined ? null : <Money micro={micro} />)

const fastest = (offers: Offer[]) =>
  offers.flatMap(({ health }) => health.tokensPerSecond?.p50 ?? []).sort((a, b) => b - a)[0]

const facts: Fact[] = [
  { name: 'Task', cell: ({ info }) => info.pipeline_tag && taskName(info.pipeline_tag) },
  { name: 'Parameters', cell: ({ info }) => parameters(info) },
  { name: 'Precision', cell: ({ info }) => Object.keys(info.safetensors?.parameters ?? {}).join(', ') || null },
  { name: 'Size', cell: ({ info }) => <Bytes size={info.usedStorage} /> },
  { name: 'Library', cell: ({ info }) => info.library_name },
  { name: 'License', cell: ({ info }) => licenseOf(info) },
  { name: 'License against its parents', cell: ({ lineage }) => verdictIn(lineage) },
  { name: 'Made from', cell: ({ lineage }) => parentsIn(lineage) },
  { name: 'On chain', cell: ({ info }) => (info.dehug?.anchored ? 'Newest version' : 'No') },
  { name: 'Providers', cell: ({ offers }) => offers.length },
  { name: '1M in, from', cell: ({ offers }) => money(least(offers, 'in')) },
  { name: '1M out, from', cell: ({ offers }) => money(least(offers, 'out')) },
  { name: 'Tokens per second, best', cell: ({ offers }) => fastest(offers)?.toFixed(1) },
  { name: 'Downloads', cell: ({ info }) => compact(info.downloads) },
  { name: 'Verified pulls, 30 days', cell: ({ info }) => info.dehug?.verifiedPulls },
  { name: 'Likes', cell: ({ info }) => compact(info.likes) },
  {
    name: 'Paid for so far',
    cell: ({ info }) => info.dehug?.claimedMicroUsdc && <Money micro={info.dehug.claimedMicroUsdc} />,
  },
  { name: 'Updated', cell: ({ info }) => <TimeAgo at={info.lastModified} /> },
]

const parameters = ({ safetensors, gguf }: RepoInfo) => {
  const total = safetensors?.total ?? gguf?.total
  return total === undefined ? null : compact(total)
}

const ownEdges = (lineage: Lineage | undefined) => lineage?.edges.filter(({ child }) => child === lineage.self) ?? []

const verdictIn = (lineage: Lineage | undefined) => {
  const verdicts = ownEdges(lineage).map(({ verdict }) => verdict)
  if (verdicts.length === 0) return null
  return <VerdictBadge verdict={(['denied', 'unclear'] as const).find((bad) => verdicts.includes(bad)) ?? 'allowed'} />
}

const parentsIn = (lineage: Lineage | undefined) =>
  ownEdges(lineage)
    .map(({ parent }) => idOfKey(parent))
    .join(', ') || null

/** A row for each evaluation that any of them signs. */
const evalRows = (entries: Entry[]): Fact[] => {
  const names = new Set(entries.flatMap(({ evals }) => evals.map(nameOf)))
  return [...names].slice(0, 30).map((name) => ({
    name,
    cell: ({ evals }) => {
      const found = evals.find((item) => nameOf(item) === name)
      return found && Number(found.value.toPrecision(4))
    },
  }))
}

const nameOf = ({ dataset, metric }: Eval) => `${metric} on ${dataset}`
