import type { Card } from '../catalog/index.ts'
import { License } from '../core/index.ts'

/** What is wrong with the metadata of a README: `errors` keep it from being committed, `warnings` do not. */
export type Problems = { errors: string[]; warnings: string[] }

type Kind = 'model' | 'dataset' | 'space'

const maxProblems = 50

/** Checks what listings and clients rely on. Source: https://huggingface.co/docs/hub/repositories-cards */
export const of = (kind: Kind, card: Card.Card): Problems => {
  const errors = [
    ...named(card, ['license', 'language', 'tags', 'datasets', 'metrics', 'base_model', 'new_version'], isTexts, texts),
    ...named(card, ['license_name', 'license_link', 'library_name', 'pretty_name', 'title'], isText, text),
    ...kinds[kind](card),
  ]
  return { errors: errors.slice(0, maxProblems), warnings: [...licenseWarnings(card), ...otherWarnings(kind, card)] }
}

const text = 'must be a string'
const texts = 'must be a string or a list of strings'
const isText = (value: unknown): boolean => typeof value === 'string'
const isTexts = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.every(isText))

const named = (card: Card.Card, names: string[], fits: (value: unknown) => boolean, expected: string): string[] =>
  names.filter((name) => card[name] != null && !fits(card[name])).map((name) => `"${name}" ${expected}`)

const modelErrors = (card: Card.Card): string[] => [
  ...named(card, ['pipeline_tag'], isText, text),
  ...named(card, ['base_model_relation'], oneOf(relations), `must be one of [${relations.join(', ')}]`),
  ...modelIndexErrors(card['model-index']),
]

const relations = ['adapter', 'finetune', 'merge', 'quantized']

const oneOf =
  (known: string[]) =>
  (value: unknown): boolean =>
    known.some((name) => name === value)

const isObject = (value: unknown): value is Card.Card =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name, and results with a task, a data set and metrics of a type and a value. */
const modelIndexErrors = (index: unknown): string[] => {
  if (index == null) return []
  if (!Array.isArray(index)) return ['"model-index" must be an array']
  return index.flatMap((model, i) => {
    const at = `"model-index[${i}]`
    if (!isObject(model)) return [`${at}" must be an object`]
    const name = isText(model.name) ? [] : [`${at}.name" ${text}`]
    if (!Array.isArray(model.results)) return [...name, `${at}.results" must be an array`]
    return [...name, ...model.results.flatMap((result, j) => resultErrors(result, `${at}.results[${j}]`))]
  })
}

const resultErrors = (result: unknown, at: string): string[] => {
  if (!isObject(result)) return [`${at}" must be an object`]
  const { task, dataset, metrics } = result
  const metricErrors = Array.isArray(metrics)
    ? metrics.flatMap((metric, k) =>
        isObject(metric) && isText(metric.type) && metric.value !== undefined
          ? []
          : [`${at}.metrics[${k}]" must have a "type" and a "value"`],
      )
    : [`${at}.metrics" must be an array`]
  return [
    ...(isObject(task) && isText(task.type) ? [] : [`${at}.task.type" is required`]),
    ...(dataset == null || (isObject(dataset) && isText(dataset.type) && isText(dataset.name))
      ? []
      : [`${at}.dataset" must have a "type" and a "name"`]),
    ...metricErrors,
  ]
}

const datasetErrors = (card: Card.Card): string[] => [
  ...named(card, ['task_categories', 'task_ids', 'size_categories', 'multilinguality'], isTexts, texts),
  ...named(card, ['annotations_creators', 'language_creators', 'source_datasets'], isTexts, texts),
  ...configErrors(card.configs),
]

const configErrors = (configs: unknown): string[] => {
  if (configs == null) return []
  if (!Array.isArray(configs)) return ['"configs" must be an array']
  const bad = configs.findIndex((config) => !isObject(config) || !isText(config.config_name))
  return bad < 0 ? [] : [`"configs[${bad}].config_name" is required`]
}

const sdks = ['gradio', 'docker', 'static', 'streamlit']

const spaceErrors = (card: Card.Card): string[] => [
  ...named(card, ['sdk'], oneOf(sdks), `must be one of [${sdks.join(', ')}]`),
  ...named(card, ['app_file', 'short_description', 'emoji'], isText, text),
  ...named(card, ['models'], isTexts, texts),
]

const kinds = { model: modelErrors, dataset: datasetErrors, space: spaceErrors }

const licenseWarnings = ({ license }: Card.Card): string[] => {
  const ids = (Array.isArray(license) ? license : [license]).filter((id): id is string => typeof id === 'string')
  return ids.slice(0, maxProblems).flatMap((id) => {
    if (id === 'other' || id === 'unknown') return []
    try {
      License.from(id)
      return []
    } catch (error) {
      return [(error as Error).message]
    }
  })
}

const otherWarnings = (kind: Kind, card: Card.Card): string[] => {
  if (Object.keys(card).length === 0) return ['empty or missing yaml metadata in repo card']
  const unnamed = card.license === 'other' && card.license_name == null
  return kind !== 'space' && unnamed ? ['"license_name" should be given where "license" is "other"'] : []
}
