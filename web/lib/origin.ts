import 'server-only'
import { headers } from 'next/headers'

/** The origin in the visitor's address bar, which commands on pages name. */
export const originOfVisitor = async (): Promise<string> => {
  const all = await headers()
  const host = all.get('host') ?? 'localhost'
  const proto = all.get('x-forwarded-proto')?.split(',')[0] ?? 'http'
  return `${proto === 'https' ? 'https' : 'http'}://${host}`
}
