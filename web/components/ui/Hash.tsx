import { clsx } from 'clsx'
import { short } from '@/lib/format.ts'
import { CopyButton } from './CopyButton.tsx'
import { Link } from './Link.tsx'

/** A digest, address or transaction: short, whole in the title, copyable. */
export const Hash = ({
  value,
  what = 'digest',
  href,
  keep,
  className,
}: {
  value: string
  what?: string
  href?: string
  keep?: number
  className?: string
}) => (
  <span className={clsx('inline-flex items-center gap-0.5 align-middle', className)}>
    {href ? (
      <Link href={href} title={value} className="link font-mono text-[0.8125rem]">
        {short(value, keep)}
      </Link>
    ) : (
      <code title={value} className="font-mono text-[0.8125rem]">
        {short(value, keep)}
      </code>
    )}
    <CopyButton text={value} what={what} />
  </span>
)
