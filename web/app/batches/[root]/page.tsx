import type { Batch } from 'dehug/core'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short } from '@/lib/format.ts'
import { batchFile, cidOf } from '@/run/batch-file.ts'
import { ClaimTable } from '@/run/ClaimTable.tsx'
import { batchPlaces, claims } from '@/run/chain-data.ts'
import { Facts } from '@/run/Facts.tsx'
import { VerifyClaim } from '@/run/VerifyClaim.tsx'

type Props = { params: Promise<{ root: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: `Batch ${short((await params).root)}`,
})

const shownEntries = 200

const BatchPage = async ({ params }: Props) => {
  const { root } = await params
  if (!/^0x[0-9a-f]{64}$/.test(root)) notFound()
  const [places, settled, file] = await Promise.all([
    batchPlaces(root),
    claims({ batchRoot: root, limit: 100 }),
    batchFile(root),
  ])
  const [first] = settled.claims
  if (places.length === 0 && !first) notFound()
  return (
    <div className="page space-y-6 py-8">
      <div>
        <h1 className="text-2xl font-semibold">Batch of receipts</h1>
        <p className="break-all font-mono text-[0.8125rem] text-ink-2">{root}</p>
      </div>
      {first && <VerifyClaim channelId={first.channelId} seq={first.seqTo} />}
      <Facts
        rows={places.map(({ id, provider, batchCid, at, txHash }) => [
          'Published',
          <span key={id} className="flex flex-wrap items-center gap-x-4">
            <TimeAgo at={Number(at) * 1000} />
            <span>
              by <Hash value={provider} what="provider" href={`/providers/${provider}`} />
            </span>
            <a href={`/batches/${root}/file`} className="link break-all font-mono text-[0.8125rem]">
              {short(cidOf(batchCid), 8)}
            </a>
            <Hash value={txHash} what="transaction" />
          </span>,
        ])}
      />
      <section>
        <h2 className="mb-2 text-lg font-semibold">Claims on it</h2>
        {settled.claims.length === 0 ? (
          <EmptyState title="No money was claimed with it" />
        ) : (
          <ClaimTable claims={settled.claims} caption="Claims that name this batch" />
        )}
      </section>
      <section>
        <h2 className="mb-2 text-lg font-semibold">Receipts in it</h2>
        {file ? <Entries batch={file.batch} /> : <EmptyState title="Nobody has this batch right now" />}
      </section>
    </div>
  )
}

/** Receipts as the public sees them: who paid and when exactly is known to payer and provider alone. */
const Entries = ({ batch }: { batch: Batch.Batch }) => (
  <>
    <Table caption="Receipts of the batch, without who paid">
      <thead>
        <tr>
          <Th>Commitment</Th>
          <Th>Hour</Th>
          <Th className="text-right">Units in</Th>
          <Th className="text-right">Units out</Th>
          <Th className="text-right">Fee</Th>
        </tr>
      </thead>
      <tbody>
        {batch.entries.slice(0, shownEntries).map((entry) => (
          <tr key={entry.tag}>
            <Td>
              <Hash value={entry.commit} what="commitment" />
            </Td>
            <Td className="whitespace-nowrap">{new Date(entry.hour * 1000).toISOString().slice(0, 13)}h</Td>
            <Td numeric>{integer(entry.unitsIn)}</Td>
            <Td numeric>{integer(entry.unitsOut)}</Td>
            <Td numeric>
              <Money micro={entry.fee} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
    {batch.entries.length > shownEntries && (
      <p className="mt-2 text-sm text-ink-2">
        {integer(batch.entries.length - shownEntries)} more are in the file itself.{' '}
        <Link href="/docs/auditor">How to audit</Link>
      </p>
    )}
  </>
)

export default BatchPage
