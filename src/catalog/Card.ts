import { parse } from 'yaml'

/** The YAML front matter of a README.md, as far as it is an object. */
export type Card = Record<string, unknown>

/** What listings show and search filters by. */
export type Labels = { tags: string[]; pipelineTag: string | null; libraryName: string | null }

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

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '')

const prefixed = (prefix: string, value: unknown): string[] => texts(value).map((item) => `${prefix}:${item}`)

/** What listings need of a `config.json`; null where the text is no object. */
export const fromConfig = (text: string): Record<string, unknown> | null => {
  try {
    const config: unknown = JSON.parse(text)
    if (typeof config !== 'object' || config === null || Array.isArray(config)) return null
    const { architectures, model_type } = config as Record<string, unknown>
    return plain({ architectures: texts(architectures).slice(0, 16), model_type: texts(model_type)[0] }) as Card
  } catch {
    return null
  }
}

/** The labels that a card and a `config.json` stand for. */
export const labels = (card: Card, config: Record<string, unknown> | null): Labels => {
  const modelType = config?.model_type
  const libraryName = texts(card.library_name)[0] ?? (modelType === undefined ? null : 'transformers')
  const pipelineTag = texts(card.pipeline_tag)[0] ?? null
  const tags = [
    ...texts(libraryName),
    ...texts(modelType),
    ...texts(card.tags),
    ...texts(pipelineTag),
    ...texts(card.language),
    ...prefixed('license', card.license),
    ...prefixed('dataset', card.datasets),
    ...prefixed('base_model', card.base_model),
    ...prefixed('task_categories', card.task_categories),
    ...prefixed('size_categories', card.size_categories),
    ...prefixed('language', card.language),
  ]
  return { tags: [...new Set(tags)].slice(0, 256), pipelineTag, libraryName }
}
