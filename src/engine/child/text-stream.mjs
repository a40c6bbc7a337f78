// @ts-check
/**
 * Turns token ids into text as they come. Bytes of an unfinished character and text that may become a stop text are
 * held back, so what was given out never has to be taken back.
 */
export class TextStream {
  /**
   * @param {(ids: number[]) => string} decode
   * @param {string[]} stops
   */
  constructor(decode, stops) {
    this.decode = decode
    this.stops = stops
    /** @type {number[]} */
    this.ids = []
    this.contextAt = 0
    this.readAt = 0
    this.held = ''
    this.stopped = false
  }

  /**
   * The text that is certain now.
   * @param {number} id
   */
  push(id) {
    this.ids.push(id)
    const fresh = this.#fresh()
    if (fresh.endsWith('\uFFFD')) return ''
    this.contextAt = this.readAt
    this.readAt = this.ids.length
    return this.#release(fresh, false)
  }

  /** The rest, when no more tokens come. */
  end() {
    if (this.stopped) return ''
    return this.#release(this.readAt < this.ids.length ? this.#fresh() : '', true)
  }

  /** Text of the unread tokens, decoded behind those read last because many tokenizers join by context. */
  #fresh() {
    const seen = this.ids.slice(this.contextAt, this.readAt)
    const before = seen.length === 0 ? '' : this.decode(seen)
    return this.decode(this.ids.slice(this.contextAt)).slice(before.length)
  }

  /**
   * @param {string} fresh
   * @param {boolean} last
   */
  #release(fresh, last) {
    const text = this.held + fresh
    const at = firstOf(text, this.stops)
    if (at >= 0) {
      this.stopped = true
      this.held = ''
      return text.slice(0, at)
    }
    const keep = last ? 0 : unsureLength(text, this.stops)
    this.held = text.slice(text.length - keep)
    return text.slice(0, text.length - keep)
  }
}

/**
 * Where the stop text starts that is complete first; of two that end together the longer, so that how text is cut into
 * tokens makes no difference.
 * @param {string} text
 * @param {string[]} stops
 */
function firstOf(text, stops) {
  let first = { at: -1, end: Number.POSITIVE_INFINITY }
  for (const stop of stops) {
    const at = text.indexOf(stop)
    const end = at + stop.length
    if (at >= 0 && (end < first.end || (end === first.end && at < first.at))) first = { at, end }
  }
  return first.at
}

/**
 * How many characters at the end may be the start of a stop text.
 * @param {string} text
 * @param {string[]} stops
 */
function unsureLength(text, stops) {
  let longest = 0
  for (const stop of stops) {
    for (let size = Math.min(stop.length - 1, text.length); size > longest; size -= 1) {
      if (text.endsWith(stop.slice(0, size))) longest = size
    }
  }
  return longest
}
