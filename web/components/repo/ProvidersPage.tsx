import { Server } from 'lucide-react'
import { HealthCells, HealthHeads } from '@/components/provider/Health.tsx'
import { Badge, EmptyState, LinkButton, Money, Table, Td, Th } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { compact, integer, short } from '@/lib/format.ts'
import { get } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { pagePath } from '@/lib/repo-path.ts'
import type { Offer } from '@/lib/types.ts'

/** Who runs the model, for how much, and how well that went. */
export const ProvidersPage = async ({ params }: { params: RepoParams }) => {
  const { id } = await repoInfo('model', await idOf(params))
  const { offers } = await get<{ offers: Offer[] }>(`/api/dehug/models/${id}/providers`, { as: 'visitor' })
  const base = pagePath('model', id)
  if (offers.length === 0) {
    return (
      <div className="page py-6">
        <EmptyState
          title="No provider serves it right now"
          icon={<Server />}
          action={
            <>
              <LinkButton href={`${base}/run`} variant="primary">
                Run in the browser
              </LinkButton>
              <LinkButton href="/docs/provider">Serve it yourself</LinkButton>
            </>
          }
        >
          With <code>dehug worker</code> your machine takes requests for it and earns.
        </EmptyState>
      </div>
    )
  }
  return (
    <div className="page py-6">
      <p className="mb-3 max-w-prose text-sm text-ink-2">
        Prices are signed by each provider and hold for 1M units. Uptime and speed are what this network’s gateway saw
        in seven days; jobs, stake and disputes stand on chain.
      </p>
      <Offers base={base} offers={offers} />
    </div>
  )
}

const Offers = ({ base, offers }: { base: string; offers: Offer[] }) => (
  <Table caption="Providers of this model">
    <thead>
      <tr>
        <Th>Provider</Th>
        <Th className="text-right">In / 1M</Th>
        <Th className="text-right">Out / 1M</Th>
        <Th className="text-right">Per call</Th>
        <Th className="text-right">Context</Th>
        <HealthHeads />
        <Th className="text-right">Jobs</Th>
        <Th className="text-right">Stake</Th>
        <Th>
          <span className="sr-only">Run</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {offers.map((offer) => (
        <tr key={`${offer.provider} ${offer.root}`}>
          <Td>
            <Link href={`/providers/${offer.provider}`} className="link" title={offer.provider}>
              {offer.name ?? short(offer.provider)}
            </Link>
            <span className="mt-1 flex flex-wrap gap-1">
              {offer.quantization && <Badge title="As the provider declares it">{offer.quantization}</Badge>}
              {!offer.head && <Badge tone="warn">Older version</Badge>}
              {offer.disputes > 0 && <Badge tone="bad">{offer.disputes} disputes lost</Badge>}
            </span>
          </Td>
          <Td numeric>
            <Money micro={offer.price.in} />
          </Td>
          <Td numeric>
            <Money micro={offer.price.out} />
          </Td>
          <Td numeric>{offer.price.call === '0' ? '–' : <Money micro={offer.price.call} />}</Td>
          <Td numeric>{offer.context === null ? '–' : compact(offer.context)}</Td>
          <HealthCells health={offer.health} />
          <Td numeric>{integer(offer.jobs)}</Td>
          <Td numeric>
            <Money micro={offer.stake} />
          </Td>
          <Td>
            <LinkButton size="sm" href={`${base}/run?provider=${offer.provider}`}>
              Run here
            </LinkButton>
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)
