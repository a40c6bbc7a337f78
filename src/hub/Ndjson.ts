import { BadInput } from '../core/index.ts'
import { BodyTooLarge } from './errors.ts'

/**
 * The JSON values of newline-delimited JSON, one at a time, so that memory holds one line and not the body.
 * Throws {@link BadNdjson}, and {@link BodyTooLarge} for a line over `lineBytes` or a body over `bodyBytes`.
 */
export async function* parse(
  body: AsyncIterable<Uint8Array>,
  limits: { lineBytes: number; bodyBytes: number },
): AsyncGenerator<{ line: number; value: unknown }> {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let total = 0
  let line = 0
  const value = (): { line: number; value: unknown } | undefined => {
    const text = decode(Buffer.concat(pending), ++line)
    pending = []
    pendingBytes = 0
    return text.trim() === '' ? undefined : { line, value: parseLine(text, line) }
  }
  for await (const chunk of body) {
    total += chunk.length
    if (total > limits.bodyBytes) throw new BodyTooLarge('The body', limits.bodyBytes)
    let rest = chunk
    for (let cut = rest.indexOf(0x0a); cut >= 0; cut = rest.indexOf(0x0a)) {
      pending.push(rest.subarray(0, cut))
      const found = value()
      if (found) yield found
      rest = rest.subarray(cut + 1)
    }
    pending.push(rest)
    pendingBytes += rest.length
    if (pendingBytes > limits.lineBytes) throw new BodyTooLarge(`Line ${line + 1}`, limits.lineBytes)
  }
  const last = value()
  if (last) yield last
}

const decode = (bytes: Uint8Array, line: number): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new BadNdjson(line, 'is not UTF-8', cause)
  }
}

const parseLine = (text: string, line: number): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadNdjson(line, 'is not JSON', cause)
  }
}

/** A line of the body cannot be read. */
export class BadNdjson extends BadInput {
  constructor(line: number, why: string, cause?: unknown) {
    super(`Line ${line} of the body ${why}.`, {
      code: 'bad_ndjson',
      hint: 'Send one JSON object a line, in UTF-8.',
      details: { line },
      cause,
    })
  }
}
