/** A result that a model card states in its `model-index`: the word of whoever wrote the card. */
export type Result = {
  task: string
  /** `id`, `id:config` and `id:config[split]`, where the card says a config (beside `default`) and a split. */
  dataset: string
  metric: string
  value: number
}

const maxModels = 16
/** Entries looked at on each level; a card of tools that write them has a few dozen. */
const maxEntries = 256
/** Results of one card; those beyond are left out. */
export const maxResults = 256
const maxText = 200

/**
 * The results of a card's front matter in the order in which it states them. What is incomplete, or no number, is left
 * out, and so are flags such as `verified`: a card cannot vouch for itself.
 * Source: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
 */
export const results = (card: Record<string, unknown>): Result[] => {
  const found = new Map<string, Result>()
  for (const model of list(card['model-index']).slice(0, maxModels)) {
    for (const entry of list(field(model, 'results')).slice(0, maxEntries)) {
      for (const result of resultsOf(entry)) {
        if (found.size >= maxResults) return [...found.values()]
        const { value, ...what } = result
        const key = JSON.stringify(what)
        if (!found.has(key)) found.set(key, { ...what, value })
      }
    }
  }
  return [...found.values()]
}

/** A metric that is stated twice counts as it stands first. */
const resultsOf = (entry: unknown): Result[] => {
  const task = text(field(field(entry, 'task'), 'type')) ?? text(field(field(entry, 'task'), 'name')) ?? ''
  const dataset = datasetOf(field(entry, 'dataset'))
  if (dataset === undefined) return []
  return list(field(entry, 'metrics'))
    .slice(0, maxEntries)
    .flatMap((stated) => {
      const metric = text(field(stated, 'type')) ?? text(field(stated, 'name'))
      const value = number(field(stated, 'value'))
      return metric === undefined || value === undefined ? [] : [{ task, dataset, metric, value }]
    })
}

const datasetOf = (dataset: unknown): string | undefined => {
  const id = text(field(dataset, 'type')) ?? text(field(dataset, 'name'))
  if (id === undefined) return undefined
  const config = text(field(dataset, 'config'))
  const split = text(field(dataset, 'split'))
  const named = config === undefined || config === 'default' ? id : `${id}:${config}`
  return (split === undefined ? named : `${named}[${split}]`).slice(0, maxText).toWellFormed()
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null && Object.hasOwn(of, name) ? (of as Record<string, unknown>)[name] : undefined

/** One line without what Postgres or a screen cannot hold. */
const text = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  const line = value
    .slice(0, maxText * 4)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, maxText)
    .toWellFormed()
  return line === '' ? undefined : line
}

/** Numbers that JSON holds exactly, also those that stand there as decimal text. */
const number = (value: unknown): number | undefined => {
  const read = typeof value === 'string' && /^\s*-?\d{1,18}(\.\d{1,18})?\s*$/.test(value) ? Number(value) : value
  if (typeof read !== 'number' || !Number.isFinite(read)) return undefined
  return Number.isInteger(read) && !Number.isSafeInteger(read) ? undefined : read
}
