import { GitFork } from 'lucide-react'
import { Badge, buttonClass, EmptyState, LinkButton, Table, Td, Th } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { percent } from '@/lib/format.ts'
import { get } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { idOfKey, pageOfKey } from '@/lib/repo-path.ts'
import type { Lineage, RepoType } from '@/lib/types.ts'
import { LineageGraph } from './LineageGraph.tsx'
import { RoyaltySimulator } from './RoyaltySimulator.tsx'
import { VerdictBadge } from './VerdictBadge.tsx'

type Props = { type: RepoType; params: RepoParams }

/** What it was made from and what was made from it, with the terms of each step. */
export const LineagePage = async ({ type, params }: Props) => {
  const info = await repoInfo(type, await idOf(params))
  const lineage = await get<Lineage>(`/api/dehug/${type}s/${info.id}/lineage`, { as: 'visitor' })
  if (lineage.edges.length === 0) {
    return (
      <div className="page py-6">
        <EmptyState
          title="No parents and no children are known"
          icon={<GitFork />}
          action={<LinkButton href={`/new?fork=${encodeURIComponent(info.id)}`}>Publish a fork</LinkButton>}
        >
          Parents come from the signed manifest, from the fork itself or from <code>base_model</code> in the card.
        </EmptyState>
      </div>
    )
  }
  const royalties = lineage.edges.filter(({ child, forkBps }) => child === lineage.self && forkBps)
  return (
    <div className="page flex flex-col gap-6 py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm text-ink-2">
          {lineage.nodes.length} repositories, {lineage.edges.length} steps
          {lineage.truncated && '; there are more than the graph shows'}.
        </p>
        <Link href={`/new?fork=${encodeURIComponent(info.id)}`} className={buttonClass()}>
          <GitFork aria-hidden /> Publish a fork
        </Link>
      </div>
      <LineageGraph lineage={lineage} />
      <Steps lineage={lineage} />
      {royalties.length > 0 && (
        <RoyaltySimulator
          parents={royalties.map(({ parent, forkBps }) => ({ name: idOfKey(parent), bps: forkBps ?? 0 }))}
          creatorBps={info.dehug?.creatorBps ?? 0}
        />
      )}
    </div>
  )
}

const sources = { manifest: 'Signed manifest', card: 'Card', fork: 'Fork on this hub' }

const Steps = ({ lineage }: { lineage: Lineage }) => (
  <Table caption="Every step of the lineage">
    <thead>
      <tr>
        <Th>From</Th>
        <Th>Became</Th>
        <Th>How</Th>
        <Th className="text-right">Royalty</Th>
        <Th>Licenses</Th>
        <Th>Known from</Th>
      </tr>
    </thead>
    <tbody>
      {lineage.edges.map(({ parent, child, relation, forkBps, verdict, source }) => (
        <tr key={`${parent} ${child} ${relation}`}>
          <Td>
            <RepoName repo={parent} lineage={lineage} />
          </Td>
          <Td>
            <RepoName repo={child} lineage={lineage} />
          </Td>
          <Td>
            <Badge>{relation}</Badge>
          </Td>
          <Td numeric>{forkBps === null ? '–' : percent(forkBps)}</Td>
          <Td>
            <VerdictBadge verdict={verdict} />
          </Td>
          <Td className="text-ink-2">{sources[source]}</Td>
        </tr>
      ))}
    </tbody>
  </Table>
)

const RepoName = ({ repo, lineage }: { repo: string; lineage: Lineage }) => {
  const page = lineage.nodes.find((node) => node.repo === repo)?.known ? pageOfKey(repo) : undefined
  if (repo === lineage.self) return <strong>{idOfKey(repo)}</strong>
  return page ? (
    <Link href={page} className="link">
      {idOfKey(repo)}
    </Link>
  ) : (
    <span title="Not on this hub">{idOfKey(repo)}</span>
  )
}
