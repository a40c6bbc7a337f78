import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { NotAuthenticated, NotPermitted } from '../../../core/index.ts'

const payload = z.object({
  kind: z.enum(['read', 'write']),
  /** Id of the hub token it was given for; null for nobody in particular. */
  token: z.string().nullable(),
  /** Key of the repository. */
  repo: z.string(),
  expiresAt: z.int(),
})

/** The right to use the Xet store for one repository until `expiresAt` (Unix ms). */
export type XetGrant = z.infer<typeof payload>

const mac = (key: Uint8Array, purpose: string, body: string): Buffer =>
  createHmac('sha256', key).update(`${purpose}:${body}`).digest()

const isSigned = (key: Uint8Array, purpose: string, body: string, given: string): boolean => {
  const signature = Buffer.from(given, 'base64url')
  const expected = mac(key, purpose, body)
  return signature.length === expected.length && timingSafeEqual(signature, expected)
}

/** The text of an access token. */
export const seal = (key: Uint8Array, grant: XetGrant): string => {
  const body = Buffer.from(JSON.stringify(grant)).toString('base64url')
  return `${body}.${mac(key, 'xet', body).toString('base64url')}`
}

/** Reads an access token. Throws {@link BadXetToken}. */
export const open = (key: Uint8Array, text: string, now: Date): XetGrant => {
  const [body = '', signature = ''] = text.split('.')
  if (!isSigned(key, 'xet', body, signature)) throw new BadXetToken('is not one of ours')
  const grant = payload.parse(JSON.parse(Buffer.from(body, 'base64url').toString()))
  if (grant.expiresAt <= now.getTime()) throw new BadXetToken('has expired')
  return grant
}

/** Bytes `start` to `end`, both inclusive. */
export type Bytes = { start: number; end: number }

/** The query of a link to ranges of a xorb, which needs no token. */
export const sealLink = (key: Uint8Array, xorb: string, ranges: Bytes[], expiresAt: number): string => {
  const listed = ranges.map(({ start, end }) => `${start}-${end}`).join('_')
  const signature = mac(key, 'xet-link', `${xorb}/${listed}/${expiresAt}`).toString('base64url')
  return new URLSearchParams({ ranges: listed, expires: String(expiresAt), signature }).toString()
}

/** The ranges a link is for. Throws {@link BadXetLink}, whose 403 makes clients ask for a new one. */
export const openLink = (key: Uint8Array, xorb: string, query: Record<string, unknown>, now: Date): Bytes[] => {
  const { ranges, expires, signature } = query
  const isOurs =
    typeof ranges === 'string' &&
    typeof expires === 'string' &&
    typeof signature === 'string' &&
    isSigned(key, 'xet-link', `${xorb}/${ranges}/${expires}`, signature)
  if (!isOurs) throw new BadXetLink('is not one of ours')
  if (Number(expires) <= now.getTime()) throw new BadXetLink('has expired')
  return ranges.split('_').map((range) => {
    const [start = 0, end = 0] = range.split('-').map(Number)
    return { start, end }
  })
}

/** The access token of the Xet store does not work. */
export class BadXetToken extends NotAuthenticated {
  constructor(why: string) {
    super(`The access token ${why}.`, {
      code: 'bad_xet_token',
      hint: "Ask for a new one at the repository's xet-read-token or xet-write-token.",
    })
  }
}

/** The token is for reading only. */
export class XetWriteRefused extends NotPermitted {
  constructor() {
    super('This access token is for reading.', { code: 'xet_write_refused', hint: 'Ask for a xet-write-token.' })
  }
}

/** A link to a xorb that does not work. */
export class BadXetLink extends NotPermitted {
  constructor(why: string) {
    super(`This link ${why}.`, { code: 'bad_xet_link', hint: 'Ask for the reconstruction of the file again.' })
  }
}
