import * as idb from '../idb.ts'
import type { CardFields } from './card.ts'

/** What the person has filled in, kept in this browser until it is published. */
export type Draft = {
  namespace: string
  name: string
  type: 'model' | 'dataset'
  fields: CardFields
  body: string
  price: PriceFields
  folder: string
  /** Where the browser lets us read the folder again. */
  handle?: FileSystemDirectoryHandle | undefined
}

/** In percent, as people type them. */
export type PriceFields = {
  /** The model's part of each fee. */
  part: number
  /** What creators get of that part; the holder of the NFT gets the rest. */
  creators: number
  royalty: number
  splits: { address: string; share: number }[]
}

export const usualPrice: PriceFields = { part: 20, creators: 50, royalty: 5, splits: [] }

const key = 'draft'

export const loadDraft = (): Promise<Draft | undefined> => idb.get<Draft>(key)
export const saveDraft = (draft: Draft): Promise<void> => idb.put(key, draft)
export const dropDraft = async (): Promise<void> => {
  await idb.remove(key)
}
