import { base32 } from 'multiformats/bases/base32'
import { CID } from 'multiformats/cid'
import { BadInput } from './errors.ts'

/** What the bytes behind a CID are: one chunk of a file (`raw`), or a UnixFS node (`dag-pb`). */
export type Codec = 'raw' | 'dag-pb'

/**
 * A content identifier: CIDv1 over a 32-byte SHA-256 digest.
 *
 * On the wire and in every document it is the base32 text ({@link toString}).
 * Source: https://github.com/multiformats/cid
 */
export type Cid = { readonly codec: Codec; readonly digest: Uint8Array }

/** The number of bytes of a binary CID (version, codec, hash code, hash length, digest). */
export const byteLength = 36

const codes = { raw: 0x55, 'dag-pb': 0x70 } as const
const sha256Code = 0x12
const maxTextLength = 128

/** The CID of one raw block with this SHA-256 digest. */
export function ofRaw(digest: Uint8Array): Cid {
  return from('raw', digest)
}

/** The CID of one UnixFS (dag-pb) block with this SHA-256 digest. */
export function ofDagPb(digest: Uint8Array): Cid {
  return from('dag-pb', digest)
}

/** A CID from its codec and SHA-256 digest. Throws {@link InvalidCid} when the digest is not 32 bytes. */
export function from(codec: Codec, digest: Uint8Array): Cid {
  if (digest.length !== 32) throw new InvalidCid(`A SHA-256 digest has 32 bytes, not ${digest.length}.`)
  return { codec, digest }
}

/**
 * Reads a CID from text: CIDv1 in base32, base36 or base58btc, or CIDv0 (`Qm…`).
 *
 * @example
 * Cid.toString(Cid.parse('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'))
 *
 * Throws {@link InvalidCid} for anything else, and for codecs and hashes this network does not use.
 */
export function parse(text: string): Cid {
  if (typeof text !== 'string' || text.length > maxTextLength) {
    throw new InvalidCid(`A CID is a text of at most ${maxTextLength} characters.`)
  }
  let decoded: CID
  try {
    decoded = CID.parse(text) as CID
  } catch (cause) {
    throw new InvalidCid(`${JSON.stringify(text)} is not a CID.`, cause)
  }
  return fromDecoded(decoded, text)
}

/** Reads a binary CID. Throws {@link InvalidCid}. */
export function fromBytes(binary: Uint8Array): Cid {
  let decoded: CID
  try {
    decoded = CID.decode(binary) as CID
  } catch (cause) {
    throw new InvalidCid('These bytes are not a CID.', cause)
  }
  return fromDecoded(decoded, 'the binary CID')
}

/** The canonical text: CIDv1, base32, lower case. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: read as Cid.toString
export function toString(cid: Cid | string): string {
  return base32.encode(bytes(cid))
}

/** The 36 binary bytes; what manifests hash and contracts store. */
export function bytes(cid: Cid | string): Uint8Array<ArrayBuffer> {
  const { codec, digest } = typeof cid === 'string' ? parse(cid) : cid
  const binary = new Uint8Array(byteLength)
  binary.set([1, codes[codec], sha256Code, 32])
  binary.set(digest, 4)
  return binary
}

/** True when both name the same bytes in the same codec. */
export function equals(a: Cid | string, b: Cid | string): boolean {
  return toString(a) === toString(b)
}

/** True for the one text form that documents may carry (see {@link toString}). */
export function isCanonical(text: string): boolean {
  try {
    return toString(parse(text)) === text
  } catch {
    return false
  }
}

function fromDecoded(decoded: CID, given: string): Cid {
  if (decoded.multihash.code !== sha256Code || decoded.multihash.digest.length !== 32) {
    throw new InvalidCid(
      `${given} uses hash 0x${decoded.multihash.code.toString(16)}; only SHA-256 (0x12) is used here.`,
    )
  }
  if (decoded.code === codes.raw) return { codec: 'raw', digest: decoded.multihash.digest }
  if (decoded.code === codes['dag-pb']) return { codec: 'dag-pb', digest: decoded.multihash.digest }
  throw new InvalidCid(`${given} uses codec 0x${decoded.code.toString(16)}; only raw and dag-pb are used here.`)
}

/** The text or bytes given are not a CID of this network. */
export class InvalidCid extends BadInput {
  constructor(message: string, cause?: unknown) {
    super(message, {
      code: 'invalid_cid',
      hint: 'Give a CIDv1 such as bafkrei… or bafybei… (SHA-256, raw or dag-pb).',
      cause,
    })
  }
}
