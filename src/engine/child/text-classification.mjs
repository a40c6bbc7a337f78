// @ts-check
import { AutoModelForSequenceClassification, AutoTokenizer } from '@huggingface/transformers'
import { Batcher } from './batcher.mjs'
import { defaultTopK, labelsOf } from './labels.mjs'
import { encode, maxLengthOf, toTensors } from './text.mjs'

/**
 * @param {string} dir
 * @param {any} options
 */
export async function load(dir, options) {
  const tokenizer = await AutoTokenizer.from_pretrained(dir)
  const model = await AutoModelForSequenceClassification.from_pretrained(dir, options)
  const contextLength = maxLengthOf(tokenizer, model.config)
  const batcher = new Batcher({
    maxRows: 32,
    lengthOf: (/** @type {import('./text.mjs').Encoded} */ row) => /** @type {number[]} */ (row.input_ids).length,
    run: async (rows) => labelsOf((await model(toTensors(tokenizer, rows))).logits, model.config),
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
      const labels = await batcher.add(rows, isAborted)
      const best = labels.map((row) => row.slice(0, request.topK ?? defaultTopK))
      return { unitsIn: tokens(rows), unitsOut: 0, finishReason: 'stop', labels: best }
    },
  }
}

/** @param {import('./text.mjs').Encoded[]} rows */
const tokens = (rows) => rows.reduce((sum, row) => sum + /** @type {number[]} */ (row.input_ids).length, 0)
