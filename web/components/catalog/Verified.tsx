import { BadgeCheck } from 'lucide-react'

/** The head is anchored on chain; the words are for all who do not see the sign. */
export const Verified = ({ className = 'size-4' }: { className?: string }) => (
  <span title="Its newest version is anchored on chain" className="inline-flex shrink-0 text-good">
    <BadgeCheck className={className} aria-hidden />
    <span className="sr-only">anchored on chain</span>
  </span>
)
