import type { Metadata } from 'next'
import { LazyDashboardPage } from '@/wallet/lazy.tsx'

export const metadata: Metadata = { title: 'Dashboard' }

const Page = () => (
  <div className="page max-w-5xl py-8">
    <h1 className="text-2xl font-semibold">Dashboard</h1>
    <p className="mb-6 mt-1 max-w-prose text-ink-2">What your models and services earn, as the contracts say it.</p>
    <LazyDashboardPage />
  </div>
)

export default Page
