// @ts-check
import { AutoModelForImageClassification, AutoProcessor, RawImage } from '@huggingface/transformers'
import sharp from 'sharp'
import { Batcher } from './batcher.mjs'
import { InputError } from './failures.mjs'
import { defaultTopK, labelsOf } from './labels.mjs'

/** Larger pictures are refused before they are unpacked. */
const maxPixels = 40_000_000

/**
 * @param {string} dir
 * @param {any} options
 */
export async function load(dir, options) {
  const processor = await AutoProcessor.from_pretrained(dir)
  const model = await AutoModelForImageClassification.from_pretrained(dir, options)
  const batcher = new Batcher({
    maxRows: 8,
    lengthOf: () => 0,
    run: async (/** @type {RawImage[]} */ images) => {
      const { pixel_values } = await processor(images)
      return labelsOf((await model({ pixel_values })).logits, model.config)
    },
  })
  return {
    facts: { contextLength: null },
    /** @param {any} request */
    count: async (request) => request.images.length,
    /**
     * @param {any} request
     * @param {{isAborted: () => boolean}} hooks
     */
    run: async (request, { isAborted }) => {
      const images = []
      for (const [i, base64] of request.images.entries()) images.push(await decode(base64, i))
      const labels = await batcher.add(images, isAborted)
      const best = labels.map((row) => row.slice(0, request.topK ?? defaultTopK))
      return { unitsIn: images.length, unitsOut: 0, finishReason: 'stop', labels: best }
    },
  }
}

/**
 * @param {string} base64
 * @param {number} index
 */
async function decode(base64, index) {
  const bytes = Buffer.from(base64, 'base64')
  const isPng = bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
  const isJpeg = bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))
  if (!isPng && !isJpeg) throw new InputError(`Image ${index} is neither PNG nor JPEG.`)
  try {
    const { width, height } = await sharp(bytes).metadata()
    if (width * height > maxPixels) {
      throw new InputError(`Image ${index} has ${width} x ${height} pixels; at most ${maxPixels} in all are read.`)
    }
    return await RawImage.fromBlob(new Blob([bytes]))
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`Image ${index} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}
