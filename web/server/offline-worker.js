// The service worker of those who run models or verify in this browser: it gives the pages and files that these kept back
// when there is no network. It keeps nothing itself, and answers nothing else: no API, no private page.
const shell = 'dehug-shell'
const pages = /^\/(verify|playground|[^/]+\/[^/]+\/run)$/
const files = /^\/(_next\/static|engine\/ort)\//

self.addEventListener('install', () => self.skipWaiting())

// A new build has other files.
self.addEventListener('activate', (event) => {
  event.waitUntil(caches.delete(shell).then(() => self.clients.claim()))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate' && pages.test(pathname)) event.respondWith(pageOf(request, pathname))
  else if (files.test(pathname)) event.respondWith(fileOf(request))
})

const kept = async (what) => ((await caches.has(shell)) ? (await caches.open(shell)).match(what) : undefined)

const pageOf = async (request, pathname) => {
  try {
    return await fetch(request)
  } catch (error) {
    const page = await kept(pathname)
    if (page) return page
    throw error
  }
}

const fileOf = async (request) => {
  const file = await kept(request.url)
  // Without an address of its own, so that a thread's is the one asked for, with what stands behind its #.
  return file ? new Response(file.body, { status: file.status, headers: file.headers }) : fetch(request)
}
