import type { FastifyRequest } from 'fastify'
import { BadInput, type RepoId } from '../core/index.ts'
import type { Json } from './RepoInfo.ts'
import { listParam } from './request.ts'

const words = (text: string): string[] => text.split(' ')

/** What every answer holds. */
const always = new Set(['_id', 'id', 'modelId'])

const common = words(
  'author cardData createdAt disabled gitalyUid lastModified likes private resourceGroup sha siblings tags trendingScore usedStorage xetEnabled dehug',
)
const counted = words('downloads downloadsAllTime gated securityRepoStatus')

/** The properties that `expand` may name; `dehug` is ours, and a few have no value here. */
const properties: Record<RepoId.RepoType, string[]> = {
  model: [
    ...common,
    ...counted,
    ...words('baseModels childrenModelCount config evalResults gguf inference inferenceProviderMapping library_name'),
    ...words('mask_token model-index pipeline_tag safetensors spaces transformersInfo widgetData'),
  ],
  dataset: [...common, ...counted, ...words('citation description mainSize paperswithcode_id')],
  space: [...common, ...words('datasets models region runtime sdk subdomain')],
}

/** The properties an `expand` (or `expand[]`) asks for; undefined where there is none. Throws {@link BadExpand}. */
export const expandOf = (request: FastifyRequest, type: RepoId.RepoType): Set<string> | undefined => {
  const wanted = listParam(request, 'expand').flatMap((item) => item.split(','))
  const unknown = wanted.find((name) => !properties[type].includes(name))
  if (unknown !== undefined) throw new BadExpand(unknown, properties[type])
  return wanted.length === 0 ? undefined : new Set(wanted)
}

/** Keeps the ids and the wanted properties. */
export const pick = (info: Json, wanted: ReadonlySet<string>): Json =>
  Object.fromEntries(Object.entries(info).filter(([name]) => always.has(name) || wanted.has(name)))

/** A property that repositories of this type do not have. */
export class BadExpand extends BadInput {
  constructor(given: string, known: string[]) {
    super(`"expand" must be one of [${known.join(', ')}]; it is "${given.slice(0, 40)}".`, { code: 'bad_query' })
  }
}
