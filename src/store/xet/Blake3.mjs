// Plain JavaScript, because hashing threads load it as it stands.
/**
 * Keyed BLAKE3 of bytes that lie in a WebAssembly memory, without a copy: four blocks side by side in the lanes of a
 * vector. It is twice as fast as the libraries that need no native code, and hashing is what an upload of xorbs waits for.
 * Source: https://github.com/BLAKE3-team/BLAKE3-specs (sections 2.1 to 2.5 and 5.3)
 */
const chunkBytes = 1024
const blockBytes = 64
const cvBytes = 32

const flag = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8, keyed: 16 }
const iv = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a]
const schedule = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
/** Words of the state that are mixed with each other: columns, then diagonals. */
const quarters = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
]

/** Bytes of memory that a hasher needs for itself, and bytes behind the last input that must be memory too. */
export const scratchBytes = 16 * 1024
export const slackBytes = 3 * chunkBytes
/** The most that a hasher takes. */
export const maxBytes = (scratchBytes / cvBytes / 2) * chunkBytes

/**
 * A hasher of inputs in `memory`, which is shared. Its own part of it begins at `scratch`.
 *
 * @param {WebAssembly.Memory} memory
 * @param {number} scratch
 * @param {Uint8Array} key
 * @returns {(offset: number, length: number) => Uint8Array}
 */
export function keyedHasher(memory, scratch, key) {
  const instance = new WebAssembly.Instance(compiled(memory), { js: { memory } })
  const hash4 = /** @type {(...values: number[]) => void} */ (instance.exports.hash4)
  const bytes = new Uint8Array(memory.buffer)
  const keyAt = scratch
  const tailAt = keyAt + cvBytes
  const valuesAt = tailAt + chunkBytes
  bytes.set(key, keyAt)

  /** Chaining values of all chunks, one after the other; returns their number. */
  const hashChunks = (/** @type {number} */ offset, /** @type {number} */ length, /** @type {number} */ rootFlag) => {
    const whole = Math.floor(length / chunkBytes)
    const { chunkStart, chunkEnd, keyed } = flag
    for (let i = 0; i < whole; i += 4) {
      const to = valuesAt + i * cvBytes
      hash4(
        offset + i * chunkBytes,
        chunkBytes,
        16,
        blockBytes,
        i,
        1,
        keyed,
        chunkStart,
        chunkEnd | rootFlag,
        keyAt,
        to,
      )
    }
    const rest = length - whole * chunkBytes
    if (rest === 0 && whole > 0) return whole
    const blocks = Math.max(1, Math.ceil(rest / blockBytes))
    bytes.fill(0, tailAt, tailAt + chunkBytes)
    bytes.copyWithin(tailAt, offset + length - rest, offset + length)
    const last = rest - (blocks - 1) * blockBytes
    const to = valuesAt + whole * cvBytes
    hash4(tailAt, 0, blocks, last, whole, 0, keyed, chunkStart, chunkEnd | rootFlag, keyAt, to)
    return whole + 1
  }

  return (offset, length) => {
    if (length > maxBytes) throw new RangeError(`At most ${maxBytes} bytes can be hashed, not ${length}.`)
    let count = hashChunks(offset, length, length <= chunkBytes ? flag.root : 0)
    while (count > 1) {
      const pairs = count >> 1
      const lastAt = valuesAt + (count - 1) * cvBytes
      const odd = count & 1 ? bytes.slice(lastAt, lastAt + cvBytes) : undefined
      const flags = flag.keyed | flag.parent | (count === 2 ? flag.root : 0)
      for (let i = 0; i < pairs; i += 4) {
        hash4(valuesAt + i * blockBytes, blockBytes, 1, blockBytes, 0, 0, flags, 0, 0, keyAt, valuesAt + i * cvBytes)
      }
      if (odd) bytes.set(odd, valuesAt + pairs * cvBytes)
      count = pairs + (count & 1)
    }
    return bytes.slice(valuesAt, valuesAt + cvBytes)
  }
}

/** @type {WebAssembly.Module | undefined} */
let moduleOfHash4

/** @param {WebAssembly.Memory} memory */
function compiled(memory) {
  const pages = memory.buffer.byteLength / 65_536
  moduleOfHash4 ??= new WebAssembly.Module(assemble(pages))
  return moduleOfHash4
}

/** A number as WebAssembly writes it. @param {number} value */
function unsigned(value) {
  const out = []
  for (; value > 127; value = Math.floor(value / 128)) out.push((value & 127) | 128)
  return [...out, value]
}

/** @param {number} value of 32 bits */
function word(value) {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]
}

/** @param {number} id @param {number[]} content */
const section = (id, content) => [id, ...unsigned(content.length), ...content]
/** @param {string} text */
const name = (text) => [text.length, ...Buffer.from(text)]

/** @param {number} pages */
function assemble(pages) {
  const i32 = 0x7f
  const parameters = 11
  const body = [...locals(), ...hash4Code(), 0x0b]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters, ...Array(parameters).fill(i32), 0]),
    ...section(2, [1, ...name('js'), ...name('memory'), 2, 3, ...unsigned(pages), ...unsigned(pages)]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('hash4'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ])
}

/** Parameters of `hash4`, then its own variables: a block's number and its flags, then vectors. */
const [input, stride, blocks, lastLength, counter, counterStep, flags, firstFlag, lastFlag, keyAt, output] = Array.from(
  { length: 11 },
  (_, i) => i,
)
const block = 11
const isLast = 12
/** @param {number} i */
const h = (i) => 13 + i
/** @param {number} i */
const v = (i) => 21 + i
/** @param {number} i */
const m = (i) => 37 + i
const counters = 53
/** @param {number} i */
const t = (i) => 54 + i

const locals = () => [2, ...unsigned(2), 0x7f, ...unsigned(45), 0x7b]

/** @typedef {number[]} Code */
/** @param {number} i @returns {Code} */
const get = (i) => [0x20, i]
/** @param {number} i @param {Code} code @returns {Code} */
const set = (i, code) => [...code, 0x21, i]
/** @param {number} value @returns {Code} */
const constant = (value) => [0x41, value]
/** @param {number} opcode @param {Code[]} operands @returns {Code} */
const vector = (opcode, ...operands) => [...operands.flat(), 0xfd, ...unsigned(opcode)]
/** @param {Code} a @param {Code} b @returns {Code} */
const add = (a, b) => vector(0xae, a, b)
/** @param {Code} a @param {Code} b @returns {Code} */
const xor = (a, b) => vector(0x51, a, b)
/** @param {Code} value @returns {Code} */
const splat = (value) => vector(0x11, value)
/** @param {number[]} words @returns {Code} */
const vectorOf = (words) => [0xfd, 0x0c, ...words.flatMap(word)]
/** @param {Code} address @param {number} offset @returns {Code} */
const load = (address, offset) => [...vector(0x00, address), 0, ...unsigned(offset)]
/** Words of `a` (0 to 3) and `b` (4 to 7). @param {Code} a @param {Code} b @param {number[]} words @returns {Code} */
const pick = (a, b, words) => [...vector(0x0d, a, b), ...words.flatMap((i) => [0, 1, 2, 3].map((byte) => i * 4 + byte))]

/** Turns each word right. @param {Code} value @param {number} bits @returns {Code} */
function turn(value, bits) {
  if (bits % 8 === 0) {
    const lanes = Array.from({ length: 16 }, (_, i) => (i & ~3) + ((i + bits / 8) & 3))
    return [...set(t(0), value), ...vector(0x0d, get(t(0)), get(t(0))), ...lanes]
  }
  const right = vector(0xad, get(t(0)), constant(bits))
  const left = vector(0xab, get(t(0)), constant(32 - bits))
  return [...set(t(0), value), ...vector(0x50, right, left)]
}

/** @param {number[]} words @param {number} x @param {number} y @returns {Code} */
function mix([a, b, c, d], x, y) {
  const half = (/** @type {number} */ message, /** @type {number} */ first, /** @type {number} */ second) => [
    ...set(v(a), add(add(get(v(a)), get(v(b))), get(m(message)))),
    ...set(v(d), turn(xor(get(v(d)), get(v(a))), first)),
    ...set(v(c), add(get(v(c)), get(v(d)))),
    ...set(v(b), turn(xor(get(v(b)), get(v(c))), second)),
  ]
  return [...half(x, 16, 12), ...half(y, 8, 7)]
}

/** @returns {Code} */
function rounds() {
  let order = Array.from({ length: 16 }, (_, i) => i)
  const code = []
  for (let round = 0; round < 7; round++) {
    for (const [i, words] of quarters.entries()) code.push(...mix(words, order[i * 2], order[i * 2 + 1]))
    order = schedule.map((i) => order[i])
  }
  return code
}

/** Four vectors, row by row, into the variables `to`, column by column. @param {Code[]} rows @param {number[]} to */
function transpose(rows, to) {
  const pairs = [
    pick(rows[0], rows[1], [0, 4, 1, 5]),
    pick(rows[0], rows[1], [2, 6, 3, 7]),
    pick(rows[2], rows[3], [0, 4, 1, 5]),
    pick(rows[2], rows[3], [2, 6, 3, 7]),
  ]
  return [
    ...pairs.flatMap((code, i) => set(t(i), code)),
    ...set(to[0], pick(get(t(0)), get(t(2)), [0, 1, 4, 5])),
    ...set(to[1], pick(get(t(0)), get(t(2)), [2, 3, 6, 7])),
    ...set(to[2], pick(get(t(1)), get(t(3)), [0, 1, 4, 5])),
    ...set(to[3], pick(get(t(1)), get(t(3)), [2, 3, 6, 7])),
  ]
}

/** The addresses of the four inputs. @param {number} lane @returns {Code} */
function addressOf(lane) {
  return [...get(input), ...get(stride), ...constant(lane), 0x6c, 0x6a]
}

/** @returns {Code} */
function hash4Code() {
  const eight = Array.from({ length: 8 }, (_, i) => i)
  const key = eight.flatMap((i) => set(h(i), [...vector(0x09, get(keyAt)), 0, i * 4]))
  const lanes = vector(0xb5, splat(get(counterStep)), vectorOf([0, 1, 2, 3]))
  const message = [0, 4, 8, 12].flatMap((i) => {
    const rows = [0, 1, 2, 3].map((lane) => load(addressOf(lane), i * 4))
    return transpose(rows, [m(i), m(i + 1), m(i + 2), m(i + 3)])
  })
  /** `condition ? value : otherwise` */
  const choose = (/** @type {Code} */ value, /** @type {Code} */ otherwise, /** @type {Code} */ condition) => [
    ...[...value, ...otherwise, ...condition],
    0x1b,
  ]
  const first = choose(get(firstFlag), constant(0), [...get(block), 0x45])
  const last = choose(get(lastFlag), constant(0), get(isLast))
  const state = [
    ...eight.flatMap((i) => set(v(i), get(h(i)))),
    ...iv.flatMap((value, i) => set(v(8 + i), vectorOf([value, value, value, value]))),
    ...set(v(12), get(counters)),
    ...set(v(13), vectorOf([0, 0, 0, 0])),
    ...set(v(14), splat(choose(get(lastLength), [0x41, 0xc0, 0], get(isLast)))),
    ...set(v(15), splat([...get(flags), ...first, 0x72, ...last, 0x72])),
  ]
  const fold = eight.flatMap((i) => set(h(i), xor(get(v(i)), get(v(i + 8)))))
  const loop = [
    ...set(isLast, [...get(block), ...constant(1), 0x6a, ...get(blocks), 0x46]),
    ...message,
    ...state,
    ...rounds(),
    ...fold,
    ...set(input, [...get(input), 0x41, 0xc0, 0, 0x6a]),
    ...set(block, [...get(block), ...constant(1), 0x6a]),
    ...[...get(block), ...get(blocks), 0x49, 0x0d, 0],
  ]
  const store = [0, 4].flatMap((i) => [
    ...transpose(
      [0, 1, 2, 3].map((row) => get(h(i + row))),
      [m(0), m(1), m(2), m(3)],
    ),
    ...[0, 1, 2, 3].flatMap((lane) => [...vector(0x0b, get(output), get(m(lane))), 0, ...unsigned(lane * 32 + i * 4)]),
  ])
  return [...key, ...set(counters, add(splat(get(counter)), lanes)), 0x03, 0x40, ...loop, 0x0b, ...store]
}
