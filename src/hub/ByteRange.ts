/** Bytes `start` to `end`, both inclusive, as in `Content-Range`. */
export type ByteRange = { start: number; end: number }

const single = /^bytes=[ \t]*(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))[ \t]*$/i

/**
 * Reads a `Range` header (RFC 9110, section 14). Undefined: answer the whole file (no range, several ranges, another
 * unit, bad syntax). `unsatisfiable`: answer 416.
 */
export const parse = (header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined => {
  const match = header === undefined ? null : single.exec(header)
  if (!match) return undefined
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last ? Math.min(Number(last), size - 1) : size - 1
  if (last && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}
