import { TagCounts } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'

type Tag = { type: string; id: string; label: string }

/** The tags that public models and data sets have, by their kind. */
export const listTags: Route = (app, context) => {
  app.get('/api/models-tags-by-type', () => modelTags(context))
  app.get('/api/datasets-tags-by-type', () => datasetTags(context))
}

const modelTags = async ({ catalog: { db }, clock }: HubContext): Promise<Record<string, Tag[]>> => {
  const now = clock()
  const [tasks, libraries, tags] = await Promise.all([
    TagCounts.values(db, 'pipelineTag', now),
    TagCounts.values(db, 'libraryName', now),
    TagCounts.tags(db, 'model', now),
  ])
  const known = new Map([
    ...libraries.map((id) => [id, 'library'] as const),
    ...tasks.map((id) => [id, 'pipeline_tag'] as const),
  ])
  const kindOf = (tag: string) => known.get(tag) ?? prefixOf(tag) ?? (/^[a-z]{2,3}$/.test(tag) ? 'language' : 'other')
  return byKind(
    ['pipeline_tag', 'library', 'dataset', 'language', 'license', 'region', 'other'],
    tags.map(({ tag }) => tag),
    kindOf,
  )
}

const datasetTags = async ({ catalog: { db }, clock }: HubContext): Promise<Record<string, Tag[]>> => {
  const tags = await TagCounts.tags(db, 'dataset', clock())
  return byKind(
    ['task_categories', 'size_categories', 'language', 'license', 'format', 'modality', 'other'],
    tags.map(({ tag }) => tag),
    (tag) => prefixOf(tag) ?? 'other',
  )
}

const prefixOf = (tag: string): string | undefined => /^([a-z_]+):./.exec(tag)?.[1]

const byKind = (kinds: string[], tags: string[], kindOf: (tag: string) => string): Record<string, Tag[]> => {
  const found = new Map<string, Tag[]>(kinds.map((kind) => [kind, []]))
  for (const id of tags) {
    const type = kindOf(id)
    const label = id.startsWith(`${type}:`) ? id.slice(type.length + 1) : id
    found.set(type, [...(found.get(type) ?? []), { type, id, label }])
  }
  return Object.fromEntries(found)
}
