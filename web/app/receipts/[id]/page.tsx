import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { short } from '@/lib/format.ts'
import { ClaimPage } from '@/run/ClaimPage.tsx'
import { claim } from '@/run/chain-data.ts'
import { JobReceipt } from '@/run/JobReceipt.tsx'

type Props = { params: Promise<{ id: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: `Receipt ${short((await params).id)}`,
})

/** `<transaction>-<log>` is a claim, which is public; 32 bytes are a job, whose receipt its payer alone can open. */
const Receipt = async ({ params }: Props) => {
  const { id } = await params
  if (/^0x[0-9a-f]{64}$/.test(id)) return <JobReceipt jobId={id} />
  const found = /^0x[0-9a-f]{64}-\d{1,6}$/.test(id) ? await claim(id) : undefined
  return found ? <ClaimPage claim={found} /> : notFound()
}

export default Receipt
