import { clsx } from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

/** A table that scrolls inside its frame; `caption` names it for those who do not see it. */
export const Table = ({
  caption,
  children,
  className,
}: {
  caption: string
  children: ReactNode
  className?: string
}) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
  <section aria-label={caption} tabIndex={0} className={clsx('panel relative overflow-x-auto', className)}>
    <table className="w-full border-collapse text-sm">
      <caption className="sr-only">{caption}</caption>
      {children}
    </table>
  </section>
)

/** Head of a column. */
export const Th = ({ className, ...props }: ComponentProps<'th'>) => (
  <th
    scope="col"
    className={clsx(
      'whitespace-nowrap border-b border-line bg-raised px-3 py-2 text-left text-xs font-medium text-ink-2',
      className,
    )}
    {...props}
  />
)

/** A cell; `numeric` aligns figures. */
export const Td = ({ className, numeric, ...props }: ComponentProps<'td'> & { numeric?: boolean }) => (
  <td
    className={clsx(
      'border-b border-line px-3 py-2 align-top [tr:last-child>&]:border-b-0',
      numeric && 'num whitespace-nowrap text-right',
      className,
    )}
    {...props}
  />
)
