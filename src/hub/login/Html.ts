import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DehugError } from '../../core/index.ts'
import { escapeHtml } from '../escape-html.ts'

/** Markup that is safe as it stands. */
export type Html = { readonly markup: string }

const toMarkup = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(toMarkup).join('')
  if (value === undefined || value === false) return ''
  if (typeof value === 'object' && value !== null && 'markup' in value) return (value as Html).markup
  return escapeHtml(String(value))
}

/** Markup with its values escaped, unless they are markup themselves. */
export const html = (parts: TemplateStringsArray, ...values: unknown[]): Html => ({
  markup: parts.reduce((text, part, i) => text + toMarkup(values[i - 1]) + part),
})

const style = `body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.4rem}button{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0}
input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}label{display:block;margin:.75rem 0 .25rem}
code,pre{background:#f2f2f2;padding:.1rem .3rem;overflow-wrap:anywhere;white-space:pre-wrap}pre{padding:.75rem}
.note{border-left:.25rem solid #b45309;padding:.25rem .75rem}:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
@media(prefers-color-scheme:dark){body{color:#eee;background:#111}code,pre{background:#222}}`

export type Page = {
  title: string
  body: Html
  status?: number
  /** Inline script of the page. */
  script?: string | undefined
  /** Where else a form of the page may lead by redirects. */
  leadsTo?: string | undefined
}

/** Sends a page that loads nothing from anywhere, cannot be framed and is not kept. */
export const send = (reply: FastifyReply, { title, body, status = 200, script, leadsTo }: Page): FastifyReply => {
  const nonce = randomBytes(16).toString('base64')
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ...(script === undefined ? [] : [`script-src 'nonce-${nonce}'`, "connect-src 'self'"]),
    `form-action 'self'${leadsTo === undefined ? '' : ` ${new URL(leadsTo).origin}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  const inline = script === undefined ? '' : `<script nonce="${nonce}">${script}</script>`
  return reply
    .code(status)
    .removeHeader('access-control-allow-origin')
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
        `<title>${escapeHtml(title)} · DeHug</title><style nonce="${nonce}">${style}</style></head>` +
        `<body><main><h1>${escapeHtml(title)}</h1>${body.markup}</main>${inline}</body></html>`,
    )
}

/** What went wrong, as a page. */
export const sendError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const known = error instanceof DehugError ? error : undefined
  const { statusCode = 500 } = error as { statusCode?: number }
  const status = known?.status ?? statusCode
  if (status >= 500) request.log.error(error)
  const message = known?.message ?? (status < 500 ? 'The request cannot be read.' : 'The service failed.')
  return send(reply, {
    title: 'This did not work',
    status,
    body: html`<p role="alert">${message}</p>${known?.hint === undefined ? undefined : html`<p>${known.hint}</p>`}`,
  })
}
