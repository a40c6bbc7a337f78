import { clsx } from 'clsx'

/** The place of what is still coming. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={clsx('motion-safe:animate-pulse rounded-md bg-raised', className)} />
)
