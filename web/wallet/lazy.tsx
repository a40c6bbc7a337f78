'use client'
import dynamic from 'next/dynamic'
import { Skeleton } from '@/components/ui/Skeleton.tsx'

const options = { ssr: false, loading: () => <Skeleton className="h-40" /> }

/** Pages with everything about wallets, loaded by the route that shows them. */
export const LazyPublishWizard = dynamic(
  () => import('./publish/PublishWizard.tsx').then((room) => room.PublishWizard),
  options,
)
export const LazyBillingPage = dynamic(() => import('./BillingPage.tsx').then((room) => room.BillingPage), options)
export const LazyKeysPage = dynamic(() => import('./KeysPage.tsx').then((room) => room.KeysPage), options)
export const LazyDashboardPage = dynamic(
  () => import('./DashboardPage.tsx').then((room) => room.DashboardPage),
  options,
)
export const LazyRepoSettings = dynamic(() => import('./RepoSettings.tsx').then((room) => room.RepoSettings), options)
