import type { Metadata } from 'next'
import { LazyKeysPage } from '@/wallet/lazy.tsx'

export const metadata: Metadata = { title: 'Keys' }

const Page = () => (
  <div className="page max-w-5xl py-8">
    <h1 className="text-2xl font-semibold">Keys</h1>
    <p className="mb-6 mt-1 max-w-prose text-ink-2">What pays for runs, and what speaks to the hub.</p>
    <LazyKeysPage />
  </div>
)

export default Page
