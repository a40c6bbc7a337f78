'use client'
import { clsx } from 'clsx'
import { CirclePlay, ReceiptText, Search, UserRound } from 'lucide-react'
import { usePathname } from 'next/navigation'
import { Link } from '@/components/ui/Link.tsx'

const links = [
  { href: '/models', label: 'Models' },
  { href: '/datasets', label: 'Datasets' },
  { href: '/playground', label: 'Run' },
  { href: '/providers', label: 'Providers' },
  { href: '/receipts', label: 'Receipts' },
  { href: '/new', label: 'Publish' },
]

const onMobile = [
  { href: '/models', label: 'Search', Icon: Search },
  { href: '/playground', label: 'Run', Icon: CirclePlay },
  { href: '/receipts', label: 'Receipts', Icon: ReceiptText },
  { href: '/dashboard', label: 'Me', Icon: UserRound },
]

const isAt = (path: string, href: string) => path === href || path.startsWith(`${href}/`)

/** Links of the head, from middle-sized screens on. */
export const NavLinks = () => {
  const path = usePathname()
  return (
    <nav aria-label="Main" className="hidden items-center lg:flex">
      {links.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          aria-current={isAt(path, href) ? 'page' : undefined}
          className={clsx(
            'rounded-md px-2.5 py-1.5 text-sm hover:bg-raised',
            isAt(path, href) ? 'font-medium text-ink' : 'text-ink-2',
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}

/** The bar at the foot of small screens. */
export const BottomBar = () => {
  const path = usePathname()
  return (
    <nav
      aria-label="Main, small"
      className="fixed inset-x-0 bottom-0 z-40 grid grid-cols-4 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {onMobile.map(({ href, label, Icon }) => (
        <Link
          key={href}
          href={href}
          aria-current={isAt(path, href) ? 'page' : undefined}
          className={clsx(
            'flex h-14 flex-col items-center justify-center gap-0.5 text-xs',
            isAt(path, href) ? 'font-medium text-accent' : 'text-ink-2',
          )}
        >
          <Icon className="size-5" aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  )
}
