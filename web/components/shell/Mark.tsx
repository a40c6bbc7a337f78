/** The mark: two arms around what they hold. */
export const Mark = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 24 24" className={className} fill="none" stroke="currentColor" strokeWidth="2.4" aria-hidden>
    <path d="M9.5 3.5a8.7 8.7 0 1 0 5 16.8" strokeLinecap="round" />
    <path d="M14.5 3.7a8.7 8.7 0 0 1 3 14" strokeLinecap="round" />
    <rect x="9" y="9" width="6" height="6" rx="1.6" fill="currentColor" stroke="none" />
  </svg>
)
