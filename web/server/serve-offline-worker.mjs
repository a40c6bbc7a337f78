import { readFile } from 'node:fs/promises'

export const offlineWorkerPath = '/offline-worker.js'

/** Answers with the service worker; its text changes with the build, so that browsers notice a new one. */
export const offlineWorker = async (build) => {
  const text = await readFile(new URL('offline-worker.js', import.meta.url), 'utf8')
  const body = `// Build ${build}\n${text}`
  return (response) => {
    response.writeHead(200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': "default-src 'none'; connect-src 'self'",
      'x-content-type-options': 'nosniff',
    })
    response.end(body)
  }
}
