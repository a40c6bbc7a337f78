import type { ReactNode } from 'react'
import { Link } from './Link.tsx'

/** A figure with its name; `href` leads to where it comes from. */
export const Stat = ({
  label,
  value,
  href,
  note,
}: {
  label: string
  value: ReactNode
  href?: string
  note?: ReactNode
}) => (
  <div className="min-w-0">
    <p className="text-xs text-ink-3">{label}</p>
    <p className="num mt-0.5 truncate text-lg font-semibold tracking-tight">
      {href ? (
        <Link href={href} className="hover:text-accent hover:underline">
          {value}
        </Link>
      ) : (
        value
      )}
    </p>
    {note && <p className="text-xs text-ink-3">{note}</p>}
  </div>
)
