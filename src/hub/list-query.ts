import type { FastifyRequest } from 'fastify'
import { type RepoList, Served } from '../catalog/index.ts'
import { BadInput, type RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { listParam, textParam } from './request.ts'

type Query = Omit<RepoList.Query, 'limit'>

const sorts: Record<string, RepoList.Sort> = {
  ...{ downloads: 'downloads', likes: 'likes', id: 'name', num_parameters: 'parameters', mainSize: 'size' },
  ...{ lastModified: 'lastModified', last_modified: 'lastModified', createdAt: 'createdAt', created_at: 'createdAt' },
  ...{ trendingScore: 'trending', trending_score: 'trending', trending: 'trending', likes30d: 'trending' },
}

const maxWords = 8
const maxTags = 32

/** What the query parameters of a list ask for. Throws `BadInput` naming the parameter. */
export const queryOf = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<Query> => ({
  type,
  search: few(
    'search',
    texts(request, 'search').flatMap((text) => text.split(/\s+/).filter((word) => word !== '')),
    maxWords,
  ),
  author: texts(request, 'author')[0],
  tags: few('filter', tagsOf(request, type), maxTags),
  pipelineTags: few('pipeline_tag', items(request, 'pipeline_tag'), maxTags),
  choices: appsOf(request),
  gated: booleanParam(request, 'gated'),
  parameters: parametersOf(request),
  keys: await servedOf(context, request),
  ...(type === 'space' ? { links: linksOf(request) } : {}),
  ...orderOf(request),
  cursor: textParam(request, 'cursor'),
})

/** Postgres has no NUL in text. */
const texts = (request: FastifyRequest, name: string): string[] =>
  listParam(request, name)
    .map((text) => text.replaceAll('\0', '').toWellFormed())
    .filter((text) => text !== '')

const items = (request: FastifyRequest, name: string): string[] =>
  texts(request, name).flatMap((text) => text.split(',').filter((item) => item !== ''))

const few = (name: string, list: string[], most: number): string[] => {
  if (list.length > most) throw badQuery(name, `${list.length} values`, `at most ${most}`)
  return list
}

/** Parameters that are tags with their name before a colon. */
const prefixes = ['license', 'task_categories', 'size_categories', 'multilinguality', 'language_creators', 'task_ids']
const plainTags = ['library', 'tags']

const tagsOf = (request: FastifyRequest, type: RepoId.RepoType): string[] => [
  ...items(request, 'filter'),
  ...plainTags.flatMap((name) => items(request, name)),
  ...[...prefixes, 'benchmark'].flatMap((name) => prefixed(name, items(request, name))),
  ...prefixed('dataset', [...items(request, 'trained_dataset'), ...items(request, 'dataset')]),
  ...prefixed('base_model', items(request, 'base_model')),
  // Models carry the code of a language alone, data sets with its name before it.
  ...(type === 'dataset' ? prefixed('language', items(request, 'language')) : items(request, 'language')),
]

const prefixed = (prefix: string, values: string[]): string[] =>
  values.map((value) => (value.startsWith(`${prefix}:`) ? value : `${prefix}:${value}`))

const gguf = ['gguf']
const mlx = ['mlx']
const served = ['transformers', 'text-generation']

/** Programs that run models at home, and the tags of those they take. */
const apps: Record<string, string[][]> = {
  ...everyOne([gguf], 'llama.cpp ollama jan backyard sanctum jellybox msty recursechat node-llama-cpp koboldcpp'),
  ...everyOne([gguf], 'llama-cpp-python localai docker-model-runner lemonade'),
  ...everyOne([gguf, mlx], 'lmstudio atomic-chat'),
  ...everyOne([mlx], 'mlx-lm'),
  ...everyOne([served], 'vllm sglang tgi'),
  ...everyOne([['diffusers', 'text-to-image']], 'drawthings diffusionbee invoke joyfusion'),
}

function everyOne(tags: string[][], names: string): Record<string, string[][]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, tags]))
}

/** Of several programs at least one must take the model. */
const appsOf = (request: FastifyRequest): string[][][] => {
  const names = items(request, 'apps')
  const unknown = names.find((name) => !Object.hasOwn(apps, name))
  if (unknown !== undefined) throw badQuery('apps', unknown, Object.keys(apps).join(', '))
  return names.length === 0 ? [] : [names.flatMap((name) => apps[name] ?? [])]
}

const booleanParam = (request: FastifyRequest, name: string): boolean | undefined => {
  const text = textParam(request, name)?.toLowerCase()
  if (text === undefined) return undefined
  if (text !== 'true' && text !== 'false') throw badQuery(name, text, 'true or false')
  return text === 'true'
}

const units: Record<string, number> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 }

/** `min:6B,max:128B` */
const parametersOf = (request: FastifyRequest): NonNullable<Query['parameters']> => {
  const found: { min?: number; max?: number } = {}
  for (const item of items(request, 'num_parameters')) {
    const [, end, number = '', unit = ''] = /^(min|max):(\d{1,15}(?:\.\d{1,6})?)([KMBT]?)$/i.exec(item.trim()) ?? []
    const count = Math.round(Number(number) * (units[unit.toUpperCase()] ?? 1))
    if (end === undefined || !Number.isSafeInteger(count)) throw badQuery('num_parameters', item, 'min:6B,max:128B')
    found[end.toLowerCase() as 'min' | 'max'] = count
  }
  return found
}

/** The names under which this hub's own providers are known to clients. */
const ownProviders = ['all', 'hf-inference', 'dehug']

/** Keys of the models that are served, where only those are wanted; none for providers that are not of this network. */
const servedOf = async ({ catalog, clock }: HubContext, request: FastifyRequest): Promise<string[] | undefined> => {
  const state = textParam(request, 'inference')
  if (state !== undefined && state !== 'warm') throw badQuery('inference', state, 'warm')
  const providers = items(request, 'inference_provider')
  if (state === undefined && providers.length === 0) return undefined
  if (providers.length > 0 && !providers.some((name) => ownProviders.includes(name))) return []
  return [...(await Served.models(catalog.db, clock())).keys()]
}

const linksOf = (request: FastifyRequest): NonNullable<Query['links']> => ({
  models: few('models', items(request, 'models'), maxTags),
  datasets: few('datasets', items(request, 'datasets'), maxTags),
  any: booleanParam(request, 'linked') ?? false,
})

const orderOf = (request: FastifyRequest): Pick<Query, 'sort' | 'ascending'> => {
  const given = textParam(request, 'sort')
  if (given !== undefined && !Object.hasOwn(sorts, given)) {
    throw badQuery('sort', given, 'downloads, likes, lastModified, createdAt, trendingScore, num_parameters or id')
  }
  const direction = textParam(request, 'direction')
  if (direction !== undefined && !['1', '-1'].includes(direction)) throw badQuery('direction', direction, '1 or -1')
  return { sort: given === undefined ? undefined : sorts[given], ascending: direction === '1' }
}

const badQuery = (name: string, given: string, expected: string): BadInput =>
  new BadInput(`The query parameter ${name} is "${given.slice(0, 40)}"; expected ${expected}.`, { code: 'bad_query' })
