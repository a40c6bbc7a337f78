import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short } from '@/lib/format.ts'
import { idOfKey, pageOfKey } from '@/lib/repo-path.ts'
import { type Claim, jobsOf } from './chain-data.ts'

/** Claims as the chain has them; each line leads to its proof. */
export const ClaimTable = ({ claims, caption }: { claims: Claim[]; caption: string }) => (
  <Table caption={caption}>
    <thead>
      <tr>
        <Th>Settled</Th>
        <Th>Model</Th>
        <Th>Provider</Th>
        <Th>Payer</Th>
        <Th className="text-right">Receipts</Th>
        <Th className="text-right">Amount</Th>
        <Th>Proof</Th>
      </tr>
    </thead>
    <tbody>
      {claims.map((claim) => (
        <tr key={claim.id}>
          <Td className="whitespace-nowrap">
            <TimeAgo at={Number(claim.at) * 1000} />
          </Td>
          <Td>
            <ModelLink repo={claim.repo} modelId={claim.modelId} />
          </Td>
          <Td>
            <Link href={`/providers/${claim.provider}`} className="link font-mono text-[0.8125rem]">
              {short(claim.provider)}
            </Link>
          </Td>
          <Td>
            {claim.payer ? (
              <Link href={`/receipts?payer=${claim.payer}`} className="link font-mono text-[0.8125rem]">
                {short(claim.payer)}
              </Link>
            ) : (
              '–'
            )}
          </Td>
          <Td numeric>{integer(jobsOf(claim))}</Td>
          <Td numeric>
            <Money micro={claim.delta} />
          </Td>
          <Td>
            <Link href={`/receipts/${claim.id}`} className="link whitespace-nowrap">
              Open<span className="sr-only"> claim of {short(claim.txHash)}</span>
            </Link>
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)

/** A model by its name on chain; one without a public name by its number. */
export const ModelLink = ({ repo, modelId }: { repo: string | null; modelId: string }) => {
  const page = repo ? pageOfKey(repo) : undefined
  if (!repo || !page) return <code className="text-[0.8125rem]">#{modelId.slice(0, 8)}…</code>
  return (
    <Link href={page} className="link">
      {idOfKey(repo)}
    </Link>
  )
}
