import { parse } from 'yaml'

/** The YAML front matter of a README.md, as far as it is an object. */
export type Card = Record<string, unknown>

const frontMatter = /^\uFEFF?\s*---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/
const maxYaml = 256 * 1024

/** Reads a README's front matter. A README without one has the empty card; a broken one says why. */
export const fromReadme = (text: string): { card: Card; problem?: string } => {
  const yaml = frontMatter.exec(text)?.[1]
  if (yaml === undefined) return { card: {} }
  if (yaml.length > maxYaml) return { card: {}, problem: `The metadata is longer than ${maxYaml} characters.` }
  try {
    const card: unknown = parse(yaml, { maxAliasCount: 100, schema: 'core' })
    if (card === null) return { card: {} }
    if (typeof card !== 'object' || Array.isArray(card))
      return { card: {}, problem: 'The metadata is not a YAML mapping.' }
    return { card: plain(card) as Card }
  } catch (error) {
    return { card: {}, problem: `The metadata is not YAML: ${(error as Error).message}` }
  }
}

const maxDepth = 16

/** What a database holds as JSON: no dates, NUL or halves of surrogate pairs, and not deeper than anybody reads. */
const plain = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean' || value === null) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (typeof value !== 'object' || depth >= maxDepth) return null
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), plain(item, depth + 1)]))
}

const cleanText = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** The files that describe a tokenizer beside `config.json`. */
export type TokenizerTexts = { tokenizer?: string | undefined; special?: string | undefined }

const maxTemplate = 32 * 1024

/** What listings need of a `config.json` and the tokenizer's own; null where neither is an object. */
export const fromConfig = (text: string, texts: TokenizerTexts = {}): Card | null => {
  const config = objectOf(text)
  const tokenizer = tokenizerConfig(objectOf(texts.tokenizer), objectOf(texts.special))
  if (!config && !tokenizer) return null
  const { architectures, model_type, auto_map, quantization_config } = config ?? {}
  const quantization = quantization_config as Card | null | undefined
  const method = quantization && strings(quantization.quant_method)[0]
  return plain({
    ...(config
      ? { architectures: strings(architectures).slice(0, 16), model_type: strings(model_type)[0] ?? null }
      : {}),
    ...(auto_map && typeof auto_map === 'object' ? { auto_map: flat(auto_map as Card) } : {}),
    ...(method ? { quantization_config: flat(quantization) } : {}),
    ...(tokenizer ? { tokenizer_config: tokenizer } : {}),
  }) as Card
}

const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '')

/** The scalars of an object, and not too many. */
const flat = (object: Card): Card =>
  Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .slice(0, 16)
      .map(([name, value]) => [name.slice(0, 64), typeof value === 'string' ? value.slice(0, 256) : value]),
  )

const tokenNames = ['bos_token', 'eos_token', 'pad_token', 'unk_token', 'mask_token', 'sep_token', 'cls_token']

const tokenizerConfig = (tokenizer: Card | undefined, special: Card | undefined): Card | undefined => {
  const named = tokenNames.flatMap((name) => {
    const token = tokenOf(tokenizer?.[name]) ?? tokenOf(special?.[name])
    return token === undefined ? [] : [[name, token] as const]
  })
  const template = templateOf(tokenizer?.chat_template)
  if (named.length === 0 && template === undefined) return undefined
  return { ...Object.fromEntries(named), ...(template === undefined ? {} : { chat_template: template }) }
}

/** A token stands there as its text, or as an object with its text as `content`. */
const tokenOf = (value: unknown): string | undefined => {
  const text = typeof value === 'object' && value !== null ? (value as Card).content : value
  return typeof text === 'string' && text.length <= 256 ? text : undefined
}

/** One template, or a list of named ones, of which the default counts most. */
const templateOf = (value: unknown): string | undefined => {
  const listed = Array.isArray(value) ? value : [{ name: 'default', template: value }]
  const named = listed.filter((item): item is Card => typeof item === 'object' && item !== null)
  const template = (named.find(({ name }) => name === 'default') ?? named[0])?.template
  return typeof template === 'string' && template !== '' ? template.slice(0, maxTemplate) : undefined
}

const objectOf = (text: string | undefined): Card | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Card) : undefined
  } catch {
    return undefined
  }
}

const maxEntries = 256

/** The entries of a file in `.eval_results` that name a data set, a task and a value. */
export const evalResults = (text: string): Card[] => {
  let found: unknown
  try {
    found = parse(text, { maxAliasCount: 100, schema: 'core' })
  } catch {
    return []
  }
  const entries = (Array.isArray(found) ? found : []).slice(0, maxEntries).map((entry) => plain(entry) as Card | null)
  return entries.filter((entry): entry is Card => {
    const dataset = entry?.dataset as Card | null | undefined
    return typeof dataset?.id === 'string' && typeof dataset.task_id === 'string' && entry?.value != null
  })
}
