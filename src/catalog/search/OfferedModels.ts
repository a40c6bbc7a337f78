import { and, eq, inArray } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { repos, searchRows } from '../tables/index.ts'

/** What offers of a model are shown with. */
export type OfferedModel = {
  key: string
  name: string
  /** Tokens, as the files say. */
  context: number | null
  quantization: string | null
}

/** The public models of these keys; others are not named. */
export const of = async (db: Db, keys: readonly string[]): Promise<Map<string, OfferedModel>> => {
  if (keys.length === 0) return new Map()
  const rows = await db
    .select({
      key: repos.key,
      namespace: repos.namespace,
      name: repos.name,
      facts: repos.facts,
      facets: searchRows.facets,
    })
    .from(repos)
    .innerJoin(searchRows, eq(searchRows.repoId, repos.id))
    .where(and(eq(repos.visibility, 'public'), inArray(repos.key, [...keys])))
  return new Map(
    rows.map(({ key, namespace, name, facts, facets }) => {
      const context = facts.gguf?.context_length
      const quantization = facets.find((facet) => facet.startsWith('quantization:'))?.slice('quantization:'.length)
      return [
        key,
        {
          ...{ key, name: `model:${namespace}/${name}` },
          context: typeof context === 'number' && Number.isSafeInteger(context) && context > 0 ? context : null,
          quantization: quantization === 'none' ? null : (quantization ?? null),
        },
      ]
    }),
  )
}
