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

/** Through JSON, so that dates become text and the database can hold it; it refuses NUL in text. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'string' ? item.replaceAll('\0', '') : item)))

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '')

const prefixed = (prefix: string, value: unknown): string[] => texts(value).map((item) => `${prefix}:${item}`)

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
