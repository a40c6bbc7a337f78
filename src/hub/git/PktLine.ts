import { BadInput } from '../../core/index.ts'
import type { ByteReader } from './ByteReader.ts'

/** One packet of git's wire format. Source: git, gitprotocol-common(5) and gitprotocol-v2(5). */
export type Packet = { kind: 'line'; bytes: Buffer } | { kind: 'flush' } | { kind: 'delimiter' } | { kind: 'end' }

/** Most payload bytes of one packet. */
export const maxPayload = 65_516

export const flush: Uint8Array = Buffer.from('0000')
export const delimiter: Uint8Array = Buffer.from('0001')

/** A packet with this payload. */
export const line = (payload: string | Uint8Array): Uint8Array => {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

const specials: Record<number, Packet> = { 0: { kind: 'flush' }, 1: { kind: 'delimiter' }, 2: { kind: 'end' } }

/** The next packet; undefined at the end of the body. Throws {@link BadPacket}. */
export const read = async (reader: ByteReader): Promise<Packet | undefined> => {
  const head = await reader.take(4)
  if (!head) return undefined
  const digits = head.toString('latin1')
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new BadPacket('its length is not four hexadecimal digits')
  const length = Number.parseInt(digits, 16)
  const special = specials[length]
  if (special) return special
  if (length < 4 || length > maxPayload + 4) throw new BadPacket(`its length is ${length}`)
  return { kind: 'line', bytes: length === 4 ? Buffer.alloc(0) : ((await reader.take(length - 4)) ?? cutOff()) }
}

const cutOff = (): never => {
  throw new BadPacket('the body ends in it')
}

/** A packet's text without the line break at its end. */
export const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/\n$/, '')

/** What should be a packet of git's protocol is none. */
export class BadPacket extends BadInput {
  constructor(why: string) {
    super(`The body is not of git's packets: ${why}.`, { code: 'bad_packet' })
  }
}
