'use client'
import { clsx } from 'clsx'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { Link } from './Link.tsx'

export type LinkTab = { href: string; label: ReactNode; count?: number }

/** Tabs whose panels are routes; the longest matching path is the current one. */
export const LinkTabs = ({ tabs, label }: { tabs: LinkTab[]; label: string }) => {
  const path = usePathname()
  const current = tabs
    .filter(({ href }) => path === href || path.startsWith(`${href}/`))
    .sort((a, b) => b.href.length - a.href.length)[0]
  return (
    <nav aria-label={label} className="relative -mb-px flex gap-0.5 overflow-x-auto">
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          aria-current={tab === current ? 'page' : undefined}
          className={clsx(
            'touch inline-flex items-center gap-1.5 whitespace-nowrap border-b-2 px-2.5 py-2 text-sm',
            tab === current ? 'border-accent font-medium text-ink' : 'border-transparent text-ink-2 hover:text-ink',
          )}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && (
            <span className="num rounded-sm bg-raised px-1.5 text-xs text-ink-2">{tab.count}</span>
          )}
        </Link>
      ))}
    </nav>
  )
}
