import type { Metadata } from 'next'
import { LazyBillingPage } from '@/wallet/lazy.tsx'

export const metadata: Metadata = { title: 'Billing' }

const Page = () => (
  <div className="page max-w-5xl py-8">
    <h1 className="text-2xl font-semibold">Billing</h1>
    <p className="mb-6 mt-1 max-w-prose text-ink-2">
      The balance that runs are paid from, and how it is filled and emptied.
    </p>
    <LazyBillingPage />
  </div>
)

export default Page
