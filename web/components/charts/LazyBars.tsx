'use client'
import dynamic from 'next/dynamic'
import { Skeleton } from '@/components/ui/Skeleton.tsx'

/** The chart library comes after the page: the numbers are in the table already. */
export const LazyBars = dynamic(() => import('./Bars.tsx').then(({ Bars }) => Bars), {
  ssr: false,
  loading: () => <Skeleton className="h-48" />,
})
