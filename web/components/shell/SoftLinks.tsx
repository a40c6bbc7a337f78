'use client'
import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

/** What the hub answers, not a page; see server/pass-through.mjs. */
const ofHub = /^\/(api|v1|v2|ipfs|graphql|oauth|login|logout|avatars|xet|\.well-known)(\/|$)|\/(resolve|raw)\//

/** Where a click leads that is a plain one on a link of the app to another page of it. */
const destinationOf = (event: MouseEvent): string | undefined => {
  const { defaultPrevented, button, metaKey, ctrlKey, shiftKey, altKey, target } = event
  if (defaultPrevented || button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return undefined
  const link = target instanceof Element ? target.closest<HTMLAnchorElement>('a[data-soft]') : null
  if (!link || link.origin !== location.origin || ofHub.test(link.pathname)) return undefined
  const isHere = link.pathname === location.pathname && link.search === location.search
  // The browser itself scrolls to a place on the same page.
  return isHere && link.hash !== '' ? undefined : link.pathname + link.search + link.hash
}

/** Follows the links of the app from one place, without loading pages anew. */
export const SoftLinks = () => {
  const router = useRouter()
  useEffect(() => {
    const follow = (event: MouseEvent) => {
      const to = destinationOf(event)
      if (to === undefined) return
      event.preventDefault()
      router.push(to)
    }
    window.addEventListener('click', follow)
    return () => window.removeEventListener('click', follow)
  }, [router])
  return null
}
