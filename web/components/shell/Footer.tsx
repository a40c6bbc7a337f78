import { Link } from '@/components/ui/Link.tsx'

const links = [
  { href: '/docs', label: 'Docs' },
  { href: '/leaderboards', label: 'Leaderboards' },
  { href: '/verify', label: 'Verify' },
  { href: '/status', label: 'Status' },
  { href: '/new', label: 'Publish' },
]

/** The foot of every page. */
export const Footer = () => (
  <footer className="mt-16 border-t border-line pb-20 lg:pb-0">
    <div className="page flex flex-wrap items-center justify-between gap-x-6 gap-y-2 py-6 text-sm text-ink-2">
      <p>Bytes, owners, prices and payouts that anyone can check.</p>
      <nav aria-label="More" className="flex flex-wrap gap-x-4">
        {links.map(({ href, label }) => (
          <Link key={href} href={href} className="touch inline-flex items-center py-1 hover:text-ink hover:underline">
            {label}
          </Link>
        ))}
      </nav>
    </div>
  </footer>
)
