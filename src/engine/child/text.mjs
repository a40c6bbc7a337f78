// @ts-check
import { Tensor } from '@huggingface/transformers'

/**
 * One encoded text, by model input name (`input_ids`, `attention_mask`, …).
 * @typedef {Record<string, number[]>} Encoded
 */

/**
 * @param {any} tokenizer
 * @param {string} text
 * @param {number} maxLength longer texts are cut off, as the model's own pipeline does
 * @returns {Encoded}
 */
export function encode(tokenizer, text, maxLength) {
  const encoded = tokenizer([text], { padding: false, truncation: true, max_length: maxLength, return_tensor: false })
  return Object.fromEntries(Object.entries(encoded).map(([name, rows]) => [name, rows[0].map(Number)]))
}

/**
 * Rows of one batch as int64 tensors, filled up to the longest.
 * @param {any} tokenizer
 * @param {Encoded[]} rows
 */
export function toTensors(tokenizer, rows) {
  const length = Math.max(...rows.map((row) => /** @type {number[]} */ (row.input_ids).length))
  const left = tokenizer.padding_side === 'left'
  const names = Object.keys(/** @type {Encoded} */ (rows[0]))
  return Object.fromEntries(
    names.map((name) => {
      const filler = name === 'input_ids' ? (tokenizer.pad_token_id ?? 0) : 0
      const data = rows.flatMap((row) => pad(/** @type {number[]} */ (row[name]), length, filler, left))
      return [name, new Tensor('int64', BigInt64Array.from(data, BigInt), [rows.length, length])]
    }),
  )
}

/**
 * @param {number[]} values
 * @param {number} length
 * @param {number} filler
 * @param {boolean} left
 */
function pad(values, length, filler, left) {
  const fill = new Array(length - values.length).fill(filler)
  return left ? [...fill, ...values] : [...values, ...fill]
}

/**
 * The most tokens a text may have.
 * @param {any} tokenizer
 * @param {any} config
 */
export function maxLengthOf(tokenizer, config) {
  const limits = [tokenizer?.model_max_length, config.max_position_embeddings, config.n_positions]
  const known = limits.filter((limit) => Number.isSafeInteger(limit) && limit > 0)
  return Math.min(...known, 1_000_000)
}
