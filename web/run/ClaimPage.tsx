import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { integer } from '@/lib/format.ts'
import { ModelLink } from './ClaimTable.tsx'
import { type Claim, jobsOf } from './chain-data.ts'
import { Facts } from './Facts.tsx'
import { VerifyClaim } from './VerifyClaim.tsx'

/** One settlement: who, for what, how much, and where the money went. */
export const ClaimPage = ({ claim }: { claim: Claim }) => (
  <div className="page space-y-6 py-8">
    <div>
      <p className="text-sm text-ink-2">
        <Link href="/receipts" className="link">
          Receipts
        </Link>{' '}
        / Claim
      </p>
      <h1 className="mt-1 text-2xl font-semibold">
        <Money micro={claim.delta} /> for {integer(jobsOf(claim))} {jobsOf(claim) === 1n ? 'answer' : 'answers'}
      </h1>
    </div>
    <VerifyClaim channelId={claim.channelId} seq={claim.seqTo} />
    <div className="grid gap-6 lg:grid-cols-2">
      <section>
        <h2 className="mb-2 text-lg font-semibold">What was settled</h2>
        <Facts
          rows={[
            ['Model', <ModelLink key="m" repo={claim.repo} modelId={claim.modelId} />],
            ['Provider', <Hash key="p" value={claim.provider} what="provider" href={`/providers/${claim.provider}`} />],
            [
              'Payer',
              claim.payer ? (
                <Hash key="y" value={claim.payer} what="payer" href={`/receipts?payer=${claim.payer}`} />
              ) : (
                'not known to the indexer'
              ),
            ],
            ['Receipts', `number ${claim.seqFrom} to ${claim.seqTo} of the channel`],
            ['Channel', <Hash key="c" value={claim.channelId} what="channel" />],
            [
              'Batch of receipts',
              <Hash key="b" value={claim.batchRoot} what="batch root" href={`/batches/${claim.batchRoot}`} />,
            ],
            ['Transaction', <Hash key="t" value={claim.txHash} what="transaction" />],
            ['Block', integer(BigInt(claim.block))],
            ['Time', <TimeAgo key="a" at={Number(claim.at) * 1000} />],
          ]}
        />
      </section>
      <section>
        <h2 className="mb-2 text-lg font-semibold">Where it went</h2>
        <Facts
          rows={[
            ['Provider', <Money key="p" micro={claim.providerAmount} />],
            ['Model: creators and holder', <Money key="m" micro={claim.modelAmount} />],
            ['Protocol', <Money key="f" micro={claim.feeAmount} />],
            ['Together', <Money key="s" micro={claim.delta} />],
          ]}
        />
      </section>
    </div>
  </div>
)
