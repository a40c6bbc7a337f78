import canonicalizeModule from 'canonicalize'
import { type Hex, utf8 } from './Bytes.ts'
import { BadInput } from './errors.ts'
import { keccak256 } from './Hash.ts'

// The package is CommonJS while its types say ES module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined

/**
 * The one text of a JSON value: sorted keys, no white space (RFC 8785).
 * Throws `BadInput` on what JSON cannot carry exactly: bigint, NaN, infinities, undefined, unsafe integers.
 */
export function canonical(value: unknown): string {
  assertExact(value, 0)
  return canonicalize(value) as string
}

/** Keccak-256 of the canonical text. */
export const hash = (value: unknown): Hex => keccak256(utf8(canonical(value)))

/** Parses a text from outside. Throws `BadInput` when it is longer than `maxBytes` or no JSON. */
export function parse(text: string, options: { maxBytes?: number; what?: string } = {}): unknown {
  const { maxBytes = 64 * 1024 * 1024, what = 'text' } = options
  if (text.length > maxBytes) {
    throw new BadInput(`The ${what} is ${text.length} characters long; at most ${maxBytes} are read.`, {
      code: 'too_large',
    })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadInput(`The ${what} is not JSON: ${(cause as Error).message}.`, { code: 'bad_json', cause })
  }
}

const maxDepth = 64

function assertExact(value: unknown, depth: number): void {
  if (depth > maxDepth)
    throw new BadInput(`JSON nested deeper than ${maxDepth} levels is not accepted.`, { code: 'too_deep' })
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'string') assertWellFormed(value)
  else if (typeof value === 'number') assertExactNumber(value)
  else if (typeof value === 'object') assertExactItems(value, depth)
  else throw new BadInput(`JSON cannot carry a ${typeof value}.`, { code: 'not_json' })
}

function assertExactItems(value: object, depth: number): void {
  for (const [key, item] of Object.entries(value)) {
    assertWellFormed(key)
    assertExact(item, depth + 1)
  }
}

function assertExactNumber(value: number): void {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw new BadInput(`${value} has no exact JSON form; write large integers as decimal strings.`, {
      code: 'inexact_number',
    })
  }
}

function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new BadInput('A text holds half of a surrogate pair.', { code: 'bad_unicode' })
}
