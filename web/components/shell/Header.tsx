import { Link } from '@/components/ui/Link.tsx'
import { AccountMenu } from '@/wallet/AccountMenu.tsx'
import { Mark } from './Mark.tsx'
import { NavLinks } from './NavLinks.tsx'
import { SearchBox } from './SearchBox.tsx'
import { ThemeSwitch } from './ThemeSwitch.tsx'

/** The head of every page. */
export const Header = () => (
  <header className="sticky top-0 z-40 border-b border-line bg-bg/95 backdrop-blur-sm">
    <div className="page flex h-14 items-center gap-3">
      <Link href="/" className="touch flex shrink-0 items-center gap-2 font-semibold tracking-tight">
        <Mark className="size-6 text-accent" />
        <span className="hidden text-[1.0625rem] sm:inline">DeHug</span>
        <span className="sr-only sm:hidden">DeHug</span>
      </Link>
      <SearchBox />
      <NavLinks />
      <div className="ml-auto flex shrink-0 items-center gap-1">
        <ThemeSwitch />
        <AccountMenu />
      </div>
    </div>
  </header>
)
