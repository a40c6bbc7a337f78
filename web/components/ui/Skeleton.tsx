import { clsx } from 'clsx'

/** The place of what is still coming. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={clsx('motion-safe:animate-pulse rounded-md bg-raised', className)} />
)

/** A whole page that is still coming. */
export const PageSkeleton = () => (
  <div className="page py-8" role="status">
    <span className="sr-only">Loading…</span>
    <Skeleton className="h-8 w-72 max-w-full" />
    <Skeleton className="mt-3 h-4 w-96 max-w-full" />
    <div className="mt-8 grid gap-3 md:grid-cols-2">
      {[0, 1, 2, 3, 4, 5].map((key) => (
        <Skeleton key={key} className="h-24" />
      ))}
    </div>
  </div>
)
