import 'server-only'
import { cookies } from 'next/headers'
import { cache } from 'react'
import { find } from './hub.ts'

export type Me = { name: string; orgs: { name: string }[] }

/** Who is signed in, asked once per page and only where the browser has a cookie of the hub. */
export const me = cache(async (): Promise<Me | undefined> => {
  const hasCookie = (await cookies()).getAll().some(({ name }) => name.endsWith('dehug_session'))
  if (!hasCookie) return undefined
  return (await find<{ user: Me | null }>('/api/dehug/session', { as: 'visitor' }))?.user ?? undefined
})

/** Whether somebody may change what belongs to a namespace, as far as a page has to know. */
export const belongsTo = (who: Me | undefined, namespace: string): boolean =>
  who !== undefined && [who.name, ...who.orgs.map(({ name }) => name)].includes(namespace)
