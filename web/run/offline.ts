'use client'
import { useEffect, useState } from 'react'
import { keepFiles, keepLoaded, shell } from '../lib/kept-files.ts'

const worker = '/offline-worker.js'
/** Files of models that were checked; see engine/checked-fetch.ts. */
const modelFiles = 'dehug-files'
const changed = 'dehug:offline'
const tell = () => dispatchEvent(new Event(changed))

const ownWorker = async (): Promise<ServiceWorkerRegistration | undefined> =>
  'serviceWorker' in navigator ? navigator.serviceWorker.getRegistration('/') : undefined

/** Resolves when the worker of the present build is at work: as it begins, it removes what was kept of another build. */
const newestWorker = async (): Promise<void> => {
  const registration = await navigator.serviceWorker.register(worker, { scope: '/', updateViaCache: 'none' })
  await registration.update()
  const newest = registration.installing ?? registration.waiting ?? registration.active
  while (newest && newest.state !== 'activated') {
    if (newest.state === 'redundant') throw new Error('Another build has come meanwhile.')
    await new Promise((done) => newest.addEventListener('statechange', done, { once: true }))
  }
}

/**
 * Keeps this page and what it has loaded, so that it opens without a network. It is kept as everybody sees it, not as who
 * is signed in, with what `ofThreads` keeps of the threads it uses. A browser that cannot do it is no fault.
 */
export const keepPage = async (ofThreads: () => Promise<void> = async () => {}): Promise<void> => {
  if (!('serviceWorker' in navigator) || !navigator.onLine) return
  try {
    await newestWorker()
    const page = await fetch(location.pathname + location.search, {
      credentials: 'omit',
      headers: { accept: 'text/html' },
    })
    if (!page.ok || !page.headers.get('content-type')?.startsWith('text/html')) return
    const html = await page.clone().text()
    await (await caches.open(shell)).put(location.pathname, page)
    const named = html.match(/\/_next\/static\/[\w./~%@-]+/g) ?? []
    await Promise.all([keepLoaded(), keepFiles(named.map((path) => location.origin + path)), ofThreads()])
    tell()
  } catch {
    // The page works as before, as long as there is a network.
  }
}

/** Forgets pages, files of the app and files of models. */
export const forgetPages = async (): Promise<void> => {
  await (await ownWorker())?.unregister()
  await Promise.all([shell, modelFiles].map((name) => caches.delete(name)))
  tell()
}

/** Whether this page opens without a network. */
export const useKept = (): boolean => {
  const [kept, setKept] = useState(false)
  useEffect(() => {
    const look = async () => {
      const isThere = (await ownWorker()) !== undefined && (await caches.has(shell))
      setKept(isThere && (await (await caches.open(shell)).match(location.pathname)) !== undefined)
    }
    const onChange = () => void look().catch(() => setKept(false))
    onChange()
    addEventListener(changed, onChange)
    return () => removeEventListener(changed, onChange)
  }, [])
  return kept
}
