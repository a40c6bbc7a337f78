// @ts-check
import { AutoModel, AutoTokenizer } from '@huggingface/transformers'
import { Batcher } from './batcher.mjs'
import { encode, maxLengthOf, toTensors } from './text.mjs'

/**
 * @param {string} dir
 * @param {any} options
 * @param {{pooling: 'mean' | 'cls' | 'last'}} settings
 */
export async function load(dir, options, { pooling }) {
  const tokenizer = await AutoTokenizer.from_pretrained(dir)
  const model = await AutoModel.from_pretrained(dir, options)
  const contextLength = maxLengthOf(tokenizer, model.config)
  const batcher = new Batcher({
    maxRows: 32,
    lengthOf: (/** @type {import('./text.mjs').Encoded} */ row) => /** @type {number[]} */ (row.input_ids).length,
    run: async (rows) => {
      const inputs = toTensors(tokenizer, rows)
      const outputs = await model(inputs)
      return vectors(outputs, /** @type {any} */ (inputs.attention_mask), pooling)
    },
  })
  /** @param {any} request */
  const encodeAll = (request) =>
    request.inputs.map((/** @type {string} */ text) => encode(tokenizer, text, contextLength))
  return {
    facts: { contextLength },
    /** @param {any} request */
    count: async (request) => tokens(encodeAll(request)),
    /**
     * @param {any} request
     * @param {{isAborted: () => boolean}} hooks
     */
    run: async (request, { isAborted }) => {
      const rows = encodeAll(request)
      return { unitsIn: tokens(rows), unitsOut: 0, finishReason: 'stop', vectors: await batcher.add(rows, isAborted) }
    },
  }
}

/** @param {import('./text.mjs').Encoded[]} rows */
const tokens = (rows) => rows.reduce((sum, row) => sum + /** @type {number[]} */ (row.input_ids).length, 0)

/**
 * One vector of length 1 per row, as base64 of float32 little-endian.
 * @param {any} outputs
 * @param {any} mask
 * @param {'mean' | 'cls' | 'last'} pooling
 * @returns {string[]}
 */
function vectors(outputs, mask, pooling) {
  const ready = outputs.sentence_embedding
  const hidden = ready ?? outputs.last_hidden_state ?? outputs.token_embeddings ?? outputs.logits
  if (!hidden) throw new Error(`The model has no embedding output, only ${Object.keys(outputs).join(', ')}.`)
  const [rows, length, size] = ready ? [hidden.dims[0], 1, hidden.dims[1]] : hidden.dims
  return Array.from({ length: rows }, (_, row) => {
    const data = hidden.data.subarray(row * length * size, (row + 1) * length * size)
    const rowMask = ready ? [1] : Array.from(mask.data.subarray(row * length, (row + 1) * length), Number)
    return toBase64(normalise(pool(data, rowMask, size, pooling)))
  })
}

/**
 * @param {Float32Array} data token vectors, one behind the other
 * @param {number[]} mask
 * @param {number} size
 * @param {'mean' | 'cls' | 'last'} pooling
 */
function pool(data, mask, size, pooling) {
  const first = mask.indexOf(1)
  const last = mask.lastIndexOf(1)
  const from = pooling === 'last' ? last : first
  const to = pooling === 'cls' ? first : last
  const sum = new Float64Array(size)
  for (let token = from; token <= to; token += 1) {
    for (let i = 0; i < size; i += 1)
      sum[i] = /** @type {number} */ (sum[i]) + /** @type {number} */ (data[token * size + i])
  }
  return sum.map((value) => value / (to - from + 1))
}

/** @param {Float64Array} vector */
function normalise(vector) {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return norm === 0 ? vector : vector.map((value) => value / norm)
}

/** @param {Float64Array} vector */
function toBase64(vector) {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((value, i) => {
    bytes.writeFloatLE(value, i * 4)
  })
  return bytes.toString('base64')
}
