import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { NotPermitted } from '../core/index.ts'

const payload = z.object({
  user: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int(),
  expiresAt: z.int(),
  /** Bytes of each part but the last, where the file is sent in parts. */
  partBytes: z.int().positive().optional(),
})

/** The right to send these bytes as this user until `expiresAt` (Unix ms); the link itself carries it. */
export type Capability = z.infer<typeof payload>

const mac = (key: Uint8Array, body: string): Buffer => createHmac('sha256', key).update(`upload:${body}`).digest()

/** The text that goes into a link. */
export const seal = (key: Uint8Array, capability: Capability): string => {
  const body = Buffer.from(JSON.stringify(capability)).toString('base64url')
  return `${body}.${mac(key, body).toString('base64url')}`
}

/** Reads the text of a link. Throws {@link BadLink} where it was changed or is too old. */
export const open = (key: Uint8Array, text: string, now: Date): Capability => {
  const [body = '', given = ''] = text.split('.')
  const signature = Buffer.from(given, 'base64url')
  const expected = mac(key, body)
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) throw new BadLink('is not ours')
  const capability = payload.parse(JSON.parse(Buffer.from(body, 'base64url').toString()))
  if (capability.expiresAt <= now.getTime()) throw new BadLink('has expired')
  return capability
}

/** An upload link that does not work. */
export class BadLink extends NotPermitted {
  constructor(why: string) {
    super(`This upload link ${why}.`, { code: 'bad_link', hint: 'Ask for a new one through the LFS batch route.' })
  }
}
