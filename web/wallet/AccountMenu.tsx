import Link from 'next/link'

/** Who is signed in, or the way to it. */
export const AccountMenu = () => (
  <Link
    href="/login"
    className="touch inline-flex h-9 items-center rounded-md border border-line-strong px-3 text-sm font-medium hover:bg-raised"
  >
    Sign in
  </Link>
)
