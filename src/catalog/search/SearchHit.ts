import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { repos, searchRows, versions } from '../tables/index.ts'
import * as Prepared from './Prepared.ts'

/** What a list shows of a repository besides what chain and gateway know. */
export type SearchHit = {
  id: string
  key: string
  type: 'model' | 'dataset'
  namespace: string
  name: string
  task: string | null
  library: string | null
  license: string | null
  languages: string[]
  parameters: number
  dtype: string | null
  quantization: string | null
  sizeBytes: number
  downloads: number
  likes: number
  trending: number
  createdAt: Date
  updatedAt: Date
  visibility: 'public' | 'private' | 'protected'
  gated: 'auto' | 'manual' | null
  description: string | null
  tags: string[]
  forkBps: number | null
  root: string | null
  manifestCid: string | null
  tx: string | null
}

const maxTags = 64
const descriptionLength = 200

const facet = (name: string): SQL => {
  const start = `${name}:`
  return sql`(select substr(f, ${start.length + 1}) from unnest(${searchRows.facets}) as f where starts_with(f, ${start}) limit 1)`
}

const times = (column: SQL): SQL => sql`(extract(epoch from ${column}) * 1000)::float8`

/** These repositories by id; asking whether the caller may see them is over by then. */
export const load = async (db: Db, ids: readonly string[]): Promise<Map<string, SearchHit>> => {
  if (ids.length === 0) return new Map()
  type Row = Omit<SearchHit, 'createdAt' | 'updatedAt' | 'parameters' | 'sizeBytes'> & {
    created: number
    updated: number
    parameters: number
    size: number
  }
  const { rows } = await Prepared.execute<Row>(
    db,
    sql`
    select r.id, r.key, r.type, r.namespace, r.name, r.pipeline_tag as task, r.library_name as library,
      ${facet('license')} as license, ${facet('dtype')} as dtype, ${facet('quantization')} as quantization,
      (select coalesce(json_agg(substr(f, 10)), '[]') from unnest(${searchRows.facets}) as f
        where starts_with(f, 'language:')) as languages,
      r.parameters::float8 as parameters, r.used_storage::float8 as size, r.downloads, r.likes, r.trending,
      ${times(sql`r.created_at`)} as created, ${times(sql`r.updated_at`)} as updated, r.visibility, r.gated,
      left(coalesce(r.facts ->> 'description', ${searchRows.text}), ${descriptionLength}::int) as description,
      to_json(r.tags[1:${maxTags}]) as tags, catalog.search_fork_bps(r.card) as "forkBps", v.root,
      v.manifest_cid as "manifestCid", v.tx
    from ${repos} as r join ${searchRows} on ${searchRows.repoId} = r.id
    left join lateral (select root, manifest_cid, tx from ${versions} as a
      where a.repo_id = r.id and a.commit = r.head and a.anchored_at is not null order by a.anchored_at desc limit 1) as v on true
    where r.id = any(${sql.param([...ids])}::uuid[])`,
  )
  return new Map(
    rows.map(({ created, updated, size, description, ...row }) => [
      row.id,
      {
        ...row,
        sizeBytes: size,
        description: description || null,
        createdAt: new Date(created),
        updatedAt: new Date(updated),
      },
    ]),
  )
}
