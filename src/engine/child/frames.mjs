// @ts-check
/** Largest frame this side reads or writes, in bytes; the parent checks its own. */
export const maxFrameBytes = 64 * 1024 * 1024

/**
 * Calls `onMessage` with each JSON frame (4-byte big-endian length, UTF-8 JSON) that a stream brings.
 * @param {NodeJS.ReadableStream} stream
 * @param {(message: any) => void} onMessage
 */
export function readFrames(stream, onMessage) {
  /** @type {Buffer} */
  let held = Buffer.alloc(0)
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    while (held.length >= 4) {
      const size = held.readUInt32BE(0)
      if (size > maxFrameBytes) throw new Error(`A frame of ${size} bytes is too large.`)
      if (held.length < 4 + size) return
      const message = JSON.parse(held.toString('utf8', 4, 4 + size))
      held = held.subarray(4 + size)
      onMessage(message)
    }
  })
}

/**
 * @param {NodeJS.WritableStream} stream
 * @param {unknown} message
 */
export function writeFrame(stream, message) {
  const body = Buffer.from(JSON.stringify(message), 'utf8')
  if (body.length > maxFrameBytes) throw new Error(`A frame of ${body.length} bytes is too large.`)
  const frame = Buffer.allocUnsafe(4 + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, 4)
  stream.write(frame)
}
