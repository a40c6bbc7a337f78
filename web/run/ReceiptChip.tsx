'use client'
import type { CheckedReceipt } from 'dehug/sdk/web'
import { BadgeCheck } from 'lucide-react'
import { Link } from '@/components/ui/Link.tsx'
import { usd } from '@/lib/format.ts'

/** The charge of one run, and that this page checked its receipt; leads to the whole receipt. */
export const ReceiptChip = ({ receipt }: { receipt: CheckedReceipt }) => (
  <Link
    href={`/receipts/${receipt.jobId}`}
    title={`Checked in this browser: ${receipt.checks.join(', ')}`}
    className="touch inline-flex items-center gap-1.5 rounded-md bg-good-soft px-2 py-1 text-good hover:underline"
    data-testid="receipt"
  >
    <BadgeCheck className="size-4" aria-hidden />
    <span>
      Receipt checked: <span className="num">{usd(receipt.receipt.fee)}</span> of at most{' '}
      <span className="num">{usd(receipt.maxFee)}</span>
    </span>
  </Link>
)
