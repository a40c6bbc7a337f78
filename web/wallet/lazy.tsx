'use client'
import dynamic from 'next/dynamic'
import { Skeleton } from '@/components/ui/Skeleton.tsx'

// Pages with everything about wallets, loaded by the route that shows them. Next reads the options from the source text.
const loading = () => <Skeleton className="h-40" />

export const LazyPublishWizard = dynamic(
  () => import('./publish/PublishWizard.tsx').then((room) => room.PublishWizard),
  { ssr: false, loading },
)
export const LazyBillingPage = dynamic(() => import('./BillingPage.tsx').then((room) => room.BillingPage), {
  ssr: false,
  loading,
})
export const LazyKeysPage = dynamic(() => import('./KeysPage.tsx').then((room) => room.KeysPage), {
  ssr: false,
  loading,
})
export const LazyDashboardPage = dynamic(() => import('./DashboardPage.tsx').then((room) => room.DashboardPage), {
  ssr: false,
  loading,
})
export const LazyNotificationsPage = dynamic(
  () => import('./NotificationsPage.tsx').then((room) => room.NotificationsPage),
  { ssr: false, loading },
)
export const LazyRepoSettings = dynamic(() => import('./RepoSettings.tsx').then((room) => room.RepoSettings), {
  ssr: false,
  loading,
})
