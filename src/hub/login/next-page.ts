const pages = ['/login', '/login/device', '/login/delegate', '/oauth/authorize']

/** The page of ours that a link leads back to after signing in; never another site's. */
export const nextPage = (wanted: string | undefined): string => {
  const base = 'http://hub.invalid'
  if (wanted === undefined || !URL.canParse(wanted, base)) return '/login'
  const url = new URL(wanted, base)
  return url.origin === base && pages.includes(url.pathname) ? `${url.pathname}${url.search}` : '/login'
}
