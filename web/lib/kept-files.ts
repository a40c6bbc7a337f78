/** What this browser keeps of the app for use without a network; read by server/offline-worker.js. */
export const shell = 'dehug-shell'

const files = /^\/(_next\/static|engine\/ort)\//

/** Addresses of files of the app; others are left out. */
const ownFiles = (addresses: string[]): string[] => {
  const { href: here } = self.location
  const urls = addresses.filter((address) => URL.canParse(address, here)).map((address) => new URL(address, here))
  const own = urls.filter(({ origin, pathname }) => origin === self.location.origin && files.test(pathname))
  return [...new Set(own.map(({ href }) => href.replace(/#.*/, '')))]
}

/** Keeps files of the app that are not kept yet. */
export const keepFiles = async (addresses: string[]): Promise<void> => {
  const cache = await caches.open(shell)
  await Promise.all(ownFiles(addresses).map(async (file) => (await cache.match(file)) ?? cache.add(file)))
}

/** Keeps all files of the app that this thread has loaded; `others` are those that browsers do not list. */
export const keepLoaded = (others: string[] = []): Promise<void> =>
  keepFiles([self.location.href, ...others, ...performance.getEntriesByType('resource').map(({ name }) => name)])
