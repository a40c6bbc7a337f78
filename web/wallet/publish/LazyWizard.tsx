'use client'
import dynamic from 'next/dynamic'
import { Skeleton } from '@/components/ui/Skeleton.tsx'

/** The wizard with all it needs, loaded by the page that shows it. */
export const LazyWizard = dynamic(() => import('./PublishWizard.tsx').then((room) => room.PublishWizard), {
  ssr: false,
  loading: () => <Skeleton className="h-40" />,
})
