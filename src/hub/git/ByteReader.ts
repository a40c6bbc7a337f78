import { BadInput } from '../../core/index.ts'

/** Takes bytes in exact portions from a body that arrives in pieces of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#source = body[Symbol.asyncIterator]()
  }

  /** The next `length` bytes; undefined where the body ended before the first. Throws {@link BodyCutOff} in between. */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces = [this.#held]
    let have = this.#held.length
    while (have < length) {
      const { done, value } = await this.#source.next()
      if (done) {
        if (have === 0) return undefined
        throw new BodyCutOff()
      }
      const piece = Buffer.from(value.buffer, value.byteOffset, value.length)
      pieces.push(piece)
      have += piece.length
    }
    const all = pieces.length === 1 ? this.#held : Buffer.concat(pieces)
    this.#held = all.subarray(length)
    return all.subarray(0, length)
  }

  /** All that is left. */
  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#held.length > 0) yield this.#held
    this.#held = Buffer.alloc(0)
    for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) yield next.value
  }
}

/** The body ended where more was announced. */
export class BodyCutOff extends BadInput {
  constructor() {
    super('The body ended in the middle.', { code: 'body_cut_off', retryable: true, hint: 'Send it again.' })
  }
}
