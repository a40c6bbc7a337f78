import { Fault } from '../core/index.ts'

/** A frame is a 4-byte big-endian length and that many bytes of UTF-8 JSON. */
export function encode(message: unknown, maxBytes: number): Buffer {
  const body = Buffer.from(JSON.stringify(message), 'utf8')
  if (body.length > maxBytes)
    throw new BadFrame(`A frame of ${body.length} bytes was to be sent; at most ${maxBytes} are.`)
  const frame = Buffer.allocUnsafe(4 + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, 4)
  return frame
}

/**
 * Takes pieces of a stream as they come and gives the messages they complete, parsed but not validated.
 * Throws `BadFrame` on a length over `maxBytes` or on what is no JSON; never holds more than one frame and one piece.
 */
export function decoder(maxBytes: number): (piece: Buffer) => unknown[] {
  let pieces: Buffer[] = []
  let held = 0
  let wanted = 4
  return (piece) => {
    pieces.push(piece)
    held += piece.length
    if (held < wanted) return []
    let buffer = pieces.length === 1 ? piece : Buffer.concat(pieces, held)
    const messages: unknown[] = []
    wanted = 4
    while (buffer.length >= wanted) {
      if (wanted === 4) wanted = 4 + sizeOf(buffer, maxBytes)
      if (buffer.length < wanted) break
      messages.push(parse(buffer.subarray(4, wanted)))
      buffer = buffer.subarray(wanted)
      wanted = 4
    }
    pieces = buffer.length === 0 ? [] : [buffer]
    held = buffer.length
    return messages
  }
}

function sizeOf(buffer: Buffer, maxBytes: number): number {
  const size = buffer.readUInt32BE(0)
  if (size > maxBytes) throw new BadFrame(`A frame of ${size} bytes was announced; at most ${maxBytes} are read.`)
  return size
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new BadFrame('A frame is not UTF-8 JSON.', cause)
  }
}

/** The other end of the pipe does not keep to the frame format. */
export class BadFrame extends Fault {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'bad_frame', cause })
  }
}
