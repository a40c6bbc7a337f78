import type { Card } from './Card.ts'
import type { Repo } from './Repo.ts'
import type { RepoFacts } from './tables/index.ts'

/** What listings show and search filters by. */
export type Labels = { tags: string[]; pipelineTag: string | null; libraryName: string | null }

export type Sources = {
  type: Repo['type']
  card: Card
  config: Record<string, unknown> | null
  facts: RepoFacts
}

const maxTags = 256
const maxTag = 256

/** The labels of a repository, as the Hub derives them: from its card, its `config.json` and its files. */
export const from = (sources: Sources): Labels => {
  const { pipelineTag, libraryName, tags } = kinds[sources.type](sources)
  const kept = [...tags, 'region:us'].filter((tag) => tag.length <= maxTag)
  return { tags: [...new Set(kept)].slice(0, maxTags), pipelineTag, libraryName }
}

/** The strings of a value that may be one or a list of them. */
export const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '')

const prefixed = (prefix: string, value: unknown): string[] => texts(value).map((item) => `${prefix}:${item}`)

const modelLabels = (sources: Sources): Labels => {
  const { card, config, facts } = sources
  const libraryName = texts(card.library_name)[0] ?? facts.library ?? (config?.model_type ? 'transformers' : null)
  const pipelineTag = texts(card.pipeline_tag)[0] ?? transformersInfo(config)?.pipeline_tag ?? null
  const tags = [
    ...texts(libraryName),
    ...(facts.tags ?? []),
    ...texts(config?.model_type),
    ...texts(card.tags),
    ...texts(pipelineTag),
    ...(isConversational(sources, pipelineTag) ? ['conversational'] : []),
    ...(config?.auto_map ? ['custom_code'] : []),
    ...(texts((config?.quantization_config as Card | undefined)?.quant_method) ?? []),
    ...texts(card.language),
    ...prefixed('dataset', card.datasets),
    ...baseModelTags(sources),
    ...prefixed('license', card.license),
    ...(Array.isArray(card['model-index']) && card['model-index'].length > 0 ? ['model-index'] : []),
    ...(facts.evalResults?.length ? ['eval-results'] : []),
  ]
  return { tags, pipelineTag, libraryName }
}

const isConversational = ({ config, facts }: Sources, pipelineTag: string | null): boolean => {
  if (pipelineTag !== 'text-generation' && pipelineTag !== 'image-text-to-text') return false
  const tokenizer = config?.tokenizer_config as Card | undefined
  return tokenizer?.chat_template !== undefined || facts.gguf?.chat_template !== undefined
}

/** `base_model:x` and `base_model:quantized:x`. */
const baseModelTags = (sources: Sources): string[] => {
  const bases = texts(sources.card.base_model)
  const relation = relationOf(sources)
  return [...bases.map((base) => `base_model:${base}`), ...bases.map((base) => `base_model:${relation}:${base}`)]
}

const relations = ['finetune', 'quantized', 'adapter', 'merge']

/** How a model was made from its base models: what the card says, or what the files show. */
export const relationOf = ({ card, config, facts }: Omit<Sources, 'type'>): string => {
  const said = texts(card.base_model_relation)[0]
  if (said !== undefined && relations.includes(said)) return said
  if (texts(card.base_model).length > 1) return 'merge'
  if (facts.library === 'peft') return 'adapter'
  return facts.gguf || config?.quantization_config ? 'quantized' : 'finetune'
}

const datasetLabels = ({ card, facts }: Sources): Labels => {
  const names = ['task_categories', 'task_ids', 'annotations_creators', 'language_creators', 'multilinguality']
  const tags = [
    ...[...names, 'source_datasets', 'language', 'license', 'size_categories'].flatMap((name) =>
      prefixed(name, card[name]),
    ),
    ...(facts.tags ?? []),
    ...texts(card.tags),
  ]
  return { tags, pipelineTag: null, libraryName: null }
}

const spaceLabels = ({ card }: Sources): Labels => ({
  tags: [...texts(card.sdk), ...texts(card.tags), ...prefixed('license', card.license)],
  pipelineTag: null,
  libraryName: null,
})

const kinds = { model: modelLabels, dataset: datasetLabels, space: spaceLabels }

export type TransformersInfo = { auto_model: string; pipeline_tag?: string; processor?: string }

/** Endings of class names; the first that fits counts. */
const autoClasses: [RegExp, TransformersInfo][] = [
  [/ForCausalLM$/, tokens('AutoModelForCausalLM', 'text-generation')],
  [/LMHeadModel$/, tokens('AutoModelForCausalLM', 'text-generation')],
  [/ForMaskedLM$/, tokens('AutoModelForMaskedLM', 'fill-mask')],
  [/ForSequenceClassification$/, tokens('AutoModelForSequenceClassification', 'text-classification')],
  [/ForTokenClassification$/, tokens('AutoModelForTokenClassification', 'token-classification')],
  [/ForQuestionAnswering$/, tokens('AutoModelForQuestionAnswering', 'question-answering')],
  [/ForMultipleChoice$/, tokens('AutoModelForMultipleChoice')],
  [/ForImageClassification$/, images('AutoModelForImageClassification', 'image-classification')],
  [/ForObjectDetection$/, images('AutoModelForObjectDetection', 'object-detection')],
  [/ForSemanticSegmentation$/, images('AutoModelForSemanticSegmentation', 'image-segmentation')],
  [/ForDepthEstimation$/, images('AutoModelForDepthEstimation', 'depth-estimation')],
  [/ForCTC$/, sounds('AutoModelForCTC', 'automatic-speech-recognition')],
  [/ForSpeechSeq2Seq$/, sounds('AutoModelForSpeechSeq2Seq', 'automatic-speech-recognition')],
  [/ForAudioClassification$/, sounds('AutoModelForAudioClassification', 'audio-classification')],
]

function tokens(auto_model: string, pipeline_tag?: string): TransformersInfo {
  return { auto_model, ...(pipeline_tag ? { pipeline_tag } : {}), processor: 'AutoTokenizer' }
}
function images(auto_model: string, pipeline_tag: string): TransformersInfo {
  return { auto_model, pipeline_tag, processor: 'AutoImageProcessor' }
}
function sounds(auto_model: string, pipeline_tag: string): TransformersInfo {
  return { auto_model, pipeline_tag, processor: 'AutoProcessor' }
}

/** The transformers classes of a `config.json`, where its architecture makes them certain. */
export const transformersInfo = (config: Record<string, unknown> | null): TransformersInfo | undefined => {
  const [architecture] = texts(config?.architectures)
  if (architecture === undefined || typeof config?.model_type !== 'string') return undefined
  const known = autoClasses.find(([ending]) => ending.test(architecture))?.[1]
  if (known) return known
  return /(?<!Head)Model$/.test(architecture)
    ? { auto_model: 'AutoModel', pipeline_tag: 'feature-extraction' }
    : undefined
}
