/** Turns texts into vectors of length 1 that lie the closer together the more alike the texts are in meaning. */
export type Embedder = {
  /** What vectors are comparable by: model and version. */
  model: string
  /** False while the model is fetched, and where there is none. */
  isReady: () => boolean
  embed: (texts: string[]) => Promise<Float32Array[]>
}

/** One byte for each number: a quarter of the memory, and no loss that an order of search results shows. */
export const toBytes = (vector: Float32Array): Int8Array =>
  Int8Array.from(vector, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 127))

/** Cosine of two vectors of bytes, as far as bytes tell. */
export const likeness = (a: Int8Array, b: Int8Array, from = 0): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[from + i] as number)
  return sum / 16_129
}
