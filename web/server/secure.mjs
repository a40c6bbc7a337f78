import { randomBytes } from 'node:crypto'

/**
 * Headers that keep pages from running what is not ours: scripts by nonce (Next reads it from the request), WebAssembly for
 * the engine in the browser, no frames, no requests but to this origin and those named in `connect`.
 */
export const secure = (request, response, { dev, connect }) => {
  const nonce = randomBytes(16).toString('base64')
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'wasm-unsafe-eval'${dev ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src ${["'self'", ...connect, ...(dev ? ['ws:'] : [])].join(' ')}`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
  request.headers['content-security-policy'] = policy
  response.setHeader('content-security-policy', policy)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'strict-origin-when-cross-origin')
  response.setHeader('cross-origin-opener-policy', 'same-origin-allow-popups')
  response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=(), browsing-topics=()')
}
