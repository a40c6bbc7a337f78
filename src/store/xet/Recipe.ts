import { createHash } from 'node:crypto'
import { XetHash } from '../../core/index.ts'

/** Chunks `start` to `end` (exclusive) of a xorb, `size` bytes together. */
export type Term = { xorb: string; start: number; end: number; size: number }

/**
 * How a file that is kept as chunks is put together.
 *
 * Layout (big-endian): magic, u64 size, sha256, Xet hash, u32 terms, {xorb, u32 start, u32 end, u32 size} of each,
 * SHA-256 of all before.
 */
export type Recipe = {
  size: number
  /** Bare hex of the whole file. */
  sha256: string
  /** The hash Xet clients know the file by. */
  hash: string
  terms: Term[]
}

const magic = Buffer.from('DEHUGCF1')
const headerLength = magic.length + 8 + 32 + 32 + 4
const row = 44

export function encode({ size, sha256, hash, terms }: Recipe): Buffer {
  const body = Buffer.alloc(headerLength + terms.length * row)
  magic.copy(body)
  body.writeBigUInt64BE(BigInt(size), 8)
  body.write(sha256, 16, 'hex')
  body.set(XetHash.parse(hash), 48)
  body.writeUInt32BE(terms.length, 80)
  for (const [i, term] of terms.entries()) {
    const at = headerLength + i * row
    body.set(XetHash.parse(term.xorb), at)
    body.writeUInt32BE(term.start, at + 32)
    body.writeUInt32BE(term.end, at + 36)
    body.writeUInt32BE(term.size, at + 40)
  }
  return Buffer.concat([body, checksum(body)])
}

/** Undefined when the bytes are not an intact recipe. */
export function decode(file: Buffer): Recipe | undefined {
  if (file.length < headerLength + 32 || !file.subarray(0, magic.length).equals(magic)) return undefined
  const body = file.subarray(0, -32)
  const count = body.readUInt32BE(80)
  if (body.length !== headerLength + count * row || !checksum(body).equals(file.subarray(-32))) return undefined
  const names = new Map<string, string>()
  const terms = Array.from({ length: count }, (_, i) => {
    const at = headerLength + i * row
    const key = body.toString('latin1', at, at + 32)
    const xorb = names.get(key) ?? XetHash.format(body.subarray(at, at + 32))
    names.set(key, xorb)
    return {
      xorb,
      start: body.readUInt32BE(at + 32),
      end: body.readUInt32BE(at + 36),
      size: body.readUInt32BE(at + 40),
    }
  })
  return {
    size: Number(body.readBigUInt64BE(8)),
    sha256: body.toString('hex', 16, 48),
    hash: XetHash.format(body.subarray(48, 80)),
    terms,
  }
}

/** Each xorb a recipe uses, once. */
export function xorbsOf(recipe: Pick<Recipe, 'terms'>): Set<string> {
  return new Set(recipe.terms.map(({ xorb }) => xorb))
}

function checksum(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest()
}
