// @ts-check
import { AutoModelForCausalLM, AutoTokenizer, Tensor } from '@huggingface/transformers'
import { InputError } from './failures.mjs'
import { sampleInPlace } from './sampling.mjs'
import { maxLengthOf } from './text.mjs'
import { TextStream } from './text-stream.mjs'

/**
 * @param {string} dir
 * @param {any} options
 */
export async function load(dir, options) {
  const tokenizer = await AutoTokenizer.from_pretrained(dir)
  const model = await AutoModelForCausalLM.from_pretrained(dir, options)
  const contextLength = maxLengthOf(null, model.config)
  return {
    facts: { contextLength },
    /** @param {any} request */
    count: async (request) => promptIds(tokenizer, request).length,
    /**
     * @param {any} request
     * @param {{isAborted: () => boolean, onText: (text: string, unitsOut: number) => void}} hooks
     */
    run: (request, hooks) => generate({ tokenizer, model, contextLength }, request, hooks),
  }
}

/**
 * @param {any} tokenizer
 * @param {any} request
 * @returns {number[]}
 */
function promptIds(tokenizer, request) {
  if (request.prompt !== undefined) {
    const ids = tokenizer.encode(request.prompt)
    if (ids.length === 0) throw new InputError('The prompt has no tokens: give at least one character.')
    return ids
  }
  if (!tokenizer.chat_template) {
    throw new InputError('This model has no chat template: send a prompt (completions) instead of messages.')
  }
  const options = { add_generation_prompt: true, return_tensor: false, return_dict: false }
  return Array.from(tokenizer.apply_chat_template(request.messages, options), Number)
}

/**
 * @param {{tokenizer: any, model: any, contextLength: number}} loaded
 * @param {any} request
 * @param {{isAborted: () => boolean, onText: (text: string, unitsOut: number) => void}} hooks
 */
async function generate({ tokenizer, model, contextLength }, request, { isAborted, onText }) {
  const ids = promptIds(tokenizer, request)
  const room = contextLength - ids.length
  if (room < 1) {
    throw new InputError(
      `The prompt has ${ids.length} tokens; this model takes ${contextLength} tokens of prompt and answer together.`,
    )
  }
  const maxTokens = Math.min(request.maxTokens, room)
  const stream = new TextStream((part) => tokenizer.decode(part, decoding), request.stop)
  let unitsOut = 0
  /** @param {string} text */
  const give = (text) => {
    if (text !== '') onText(text, unitsOut)
  }
  let isPrompt = true
  const streamer = {
    /** @param {bigint[][]} rows */
    put(rows) {
      if (isPrompt) {
        isPrompt = false
        return
      }
      unitsOut += 1
      give(stream.push(Number(rows[0]?.[0])))
    },
    end() {},
  }
  const length = ids.length
  await model.generate({
    input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, length]),
    attention_mask: new Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]),
    max_new_tokens: maxTokens,
    do_sample: false,
    num_beams: 1,
    num_return_sequences: 1,
    streamer,
    stopping_criteria: [(/** @type {any[]} */ rows) => rows.map(() => stream.stopped || isAborted())],
    ...(request.temperature > 0 ? { logits_processor: [sampler(request, () => unitsOut)] } : {}),
  })
  give(stream.end())
  const endedItself = stream.stopped || unitsOut < maxTokens || isEnd(model, stream.ids.at(-1))
  return {
    unitsIn: length,
    unitsOut,
    finishReason: endedItself ? (isAborted() && !stream.stopped ? 'abort' : 'stop') : 'length',
  }
}

// Cleaning up spaces looks at the whole text, so it would change what was streamed already.
const decoding = { skip_special_tokens: true, clean_up_tokenization_spaces: false }

/**
 * @param {any} request
 * @param {() => number} position
 */
function sampler(request, position) {
  return (/** @type {any} */ _ids, /** @type {any} */ logits) => {
    sampleInPlace(logits.data, request, position())
    return logits
  }
}

/**
 * @param {any} model
 * @param {number | undefined} id
 */
function isEnd(model, id) {
  const ends = [model.generation_config?.eos_token_id, model.config.eos_token_id].flat()
  return ends.includes(id)
}
