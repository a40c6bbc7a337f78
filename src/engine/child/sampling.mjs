// @ts-check
import { createHash } from 'node:crypto'

/**
 * Chooses the next token in place: afterwards the chosen logit is 0 and all others are -Infinity, so that greedy
 * decoding picks it. Sampling is Gumbel-max (arg max of logit / temperature + Gumbel noise, which draws from the
 * softmax exactly), with noise from the seed and the token's position alone: one seed, one text.
 *
 * @param {Float32Array} logits
 * @param {{temperature: number, topP: number, seed: number}} options
 * @param {number} position how many tokens were sampled before
 */
export function sampleInPlace(logits, { temperature, topP, seed }, position) {
  const chosen = choose(logits, { temperature, topP }, noise(seed, position))
  logits.fill(Number.NEGATIVE_INFINITY)
  logits[chosen] = 0
}

/**
 * @param {Float32Array} logits
 * @param {{temperature: number, topP: number}} options
 * @param {() => number} uniform
 */
export function choose(logits, { temperature, topP }, uniform) {
  const top = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY)
  const floor = topP < 1 ? nucleusFloor(logits, temperature, topP) : Number.NEGATIVE_INFINITY
  let best = 0
  let bestScore = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i += 1) {
    const logit = /** @type {number} */ (logits[i])
    const score = (logit - top) / temperature - Math.log(-Math.log(uniform()))
    if (logit >= floor && score > bestScore) {
      best = i
      bestScore = score
    }
  }
  return best
}

/**
 * The smallest logit that belongs to the nucleus: the fewest most likely tokens whose probabilities reach `topP`.
 * @param {Float32Array} logits
 * @param {number} temperature
 * @param {number} topP
 */
export function nucleusFloor(logits, temperature, topP) {
  const sorted = Float32Array.from(logits).sort().reverse()
  const top = /** @type {number} */ (sorted[0])
  let total = 0
  for (const logit of sorted) total += Math.exp((logit - top) / temperature)
  let reached = 0
  for (const logit of sorted) {
    reached += Math.exp((logit - top) / temperature)
    if (reached >= topP * total) return logit
  }
  return Number.NEGATIVE_INFINITY
}

/**
 * Uniform numbers in (0, 1) of one position: xoshiro128** seeded by SHA-256 of seed and position.
 * @param {number} seed
 * @param {number} position
 */
export function noise(seed, position) {
  const digest = createHash('sha256').update(`${seed}:${position}`).digest()
  let a = digest.readUInt32LE(0)
  let b = digest.readUInt32LE(4)
  let c = digest.readUInt32LE(8)
  let d = digest.readUInt32LE(12) | 1
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return (result + 0.5) / 4294967296
  }
}

/**
 * @param {number} value
 * @param {number} bits
 */
const rotate = (value, bits) => (value << bits) | (value >>> (32 - bits))
