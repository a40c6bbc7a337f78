import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { HealthTable } from '@/components/provider/Health.tsx'
import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Stat } from '@/components/ui/Stat.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { ClaimTable } from '@/run/ClaimTable.tsx'
import { type Challenge, claims, provider } from '@/run/chain-data.ts'
import { modelsOf } from '@/run/model.ts'
import { OfferTable } from '@/run/OfferTable.tsx'

type Props = { params: Promise<{ address: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: `Provider ${short((await params).address)}`,
})

const ProviderPage = async ({ params }: Props) => {
  const address = (await params).address.toLowerCase()
  if (!/^0x[0-9a-f]{40}$/.test(address)) notFound()
  const [found, settled, list, seen] = await Promise.all([
    provider(address),
    claims({ provider: address, limit: 15 }),
    attempt(get<Parameters<typeof modelsOf>[0]>('/v1/models')),
    attempt(get<{ healthOver: Parameters<typeof HealthTable>[0]['over'] }>(`/api/dehug/providers/${address}`)),
  ])
  if (!found) notFound()
  const { provider: facts, challenges } = found
  const offers = list instanceof HubError ? [] : modelsOf(list).map((model) => only(model, address))
  const served = offers.filter((model) => model.offers.length > 0)
  return (
    <div className="page space-y-8 py-8">
      <div>
        <h1 className="text-2xl font-semibold">Provider</h1>
        <p className="break-all font-mono text-[0.8125rem] text-ink-2">{address}</p>
        {facts.url && <p className="break-all text-sm text-ink-2">{facts.url}</p>}
      </div>
      <div className="panel grid grid-cols-2 gap-4 p-4 sm:grid-cols-3 lg:grid-cols-6">
        <Stat label="Earned" value={<Money micro={facts.earned} />} href={`/receipts?provider=${address}`} />
        <Stat label="Fees claimed" value={<Money micro={facts.claimed} />} href={`/receipts?provider=${address}`} />
        <Stat label="Answers settled" value={integer(BigInt(facts.jobs))} href={`/receipts?provider=${address}`} />
        <Stat label="Stake" value={<Money micro={facts.stake} />} />
        <Stat label="Leaving stake" value={<Money micro={facts.unbonding} />} />
        <Stat label="Slashed" value={<Money micro={facts.slashed} />} note={<TimeAgo at={Number(facts.at) * 1000} />} />
      </div>
      <section>
        <h2 className="mb-2 text-lg font-semibold">Serves now</h2>
        {served.length === 0 ? (
          <EmptyState title="The gateway has no offer of this provider right now" />
        ) : (
          <OfferTable models={served} />
        )}
      </section>
      {!(seen instanceof HubError) && (
        <section>
          <h2 className="mb-2 text-lg font-semibold">How it did</h2>
          <HealthTable over={seen.healthOver} />
        </section>
      )}
      <section>
        <h2 className="mb-2 text-lg font-semibold">Settled</h2>
        {settled.claims.length === 0 ? (
          <EmptyState title="Nothing was settled yet" />
        ) : (
          <>
            <ClaimTable claims={settled.claims} caption="Claims of this provider, newest first" />
            <p className="mt-2 text-sm">
              <Link href={`/receipts?provider=${address}`} className="link">
                All of them
              </Link>
            </p>
          </>
        )}
      </section>
      <section>
        <h2 className="mb-2 text-lg font-semibold">Lost disputes</h2>
        {challenges.length === 0 ? (
          <p className="text-sm text-ink-2">None on chain.</p>
        ) : (
          <Challenges challenges={challenges} />
        )}
      </section>
    </div>
  )
}

const only = (model: ReturnType<typeof modelsOf>[number], address: string) => ({
  ...model,
  offers: model.offers.filter((offer) => offer.provider === address),
})

const Challenges = ({ challenges }: { challenges: Challenge[] }) => (
  <Table caption="Contradictory receipts that were shown to the contract">
    <thead>
      <tr>
        <Th>When</Th>
        <Th>Channel</Th>
        <Th className="text-right">Back to the payer</Th>
        <Th className="text-right">Penalty</Th>
        <Th>Transaction</Th>
      </tr>
    </thead>
    <tbody>
      {challenges.map((challenge) => (
        <tr key={challenge.id}>
          <Td>
            <TimeAgo at={Number(challenge.at) * 1000} />
          </Td>
          <Td>
            <Hash value={challenge.channelId} what="channel" />
          </Td>
          <Td numeric>
            <Money micro={challenge.compensation} />
          </Td>
          <Td numeric>
            <Money micro={challenge.penalty} />
          </Td>
          <Td>
            <Hash value={challenge.txHash} what="transaction" />
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)

export default ProviderPage
