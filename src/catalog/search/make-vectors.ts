import { sql } from 'drizzle-orm'
import { DehugError } from '../../core/index.ts'
import type { Db } from '../database.ts'
import { repos, searchRows, searchVectors } from '../tables/index.ts'
import { type Embedder, toBytes } from './Embedder.ts'

const batch = 32
const maxBody = 200
const fewLetters = 40
const maxTags = 24

type Row = {
  id: string
  wanted: number
  name: string
  task: string | null
  tags: string[]
  description: string | null
  body: string
}

/** Embeds some of what has none yet, or was written anew since; false where there is nothing left to do. */
export const makeVectors = async (db: Db, embedder: Embedder, onError: (error: unknown) => void): Promise<boolean> => {
  const { rows } = await db.execute<Row>(sql`
    select v.repo_id as id, v.wanted, r.name, r.pipeline_tag as task, to_json(r.tags[1:${maxTags}]) as tags,
      left(r.facts ->> 'description', ${maxBody}) as description, left(s.text, ${maxBody}) as body
    from ${searchVectors} as v join ${repos} as r on r.id = v.repo_id join ${searchRows} as s on s.repo_id = r.id
    where v.made <> v.wanted limit ${batch}`)
  const vectors = await embedAll(embedder, rows.map(textOf), onError)
  const [ids, wanted] = [rows.map(({ id }) => id), rows.map((row) => row.wanted)]
  await db.execute(sql`
    update ${searchVectors} as v set model = ${embedder.model}, vector = n.vector, made = n.wanted,
      changed = pg_current_xact_id()
    from unnest(${sql.param(ids)}::uuid[], ${sql.param(vectors)}::bytea[], ${sql.param(wanted)}::int[]) as n(id, vector, wanted)
    where v.repo_id = n.id`)
  return rows.length === batch
}

/** What another model made is made anew. */
export const forgetOthers = async (db: Db, embedder: Embedder): Promise<void> => {
  await db.execute(sql`update ${searchVectors} set made = 0 where model <> ${embedder.model} and made <> 0`)
}

/** Name, task and what the first sentences say: the more is said, the less a vector tells. Tags where nothing else does. */
const textOf = ({ name, task, tags, description, body }: Row): string => {
  const words = (text: string) => text.replace(/[-_./:]+/g, ' ')
  const plain = tags.filter((tag) => tag !== task && tag.length > 3 && !tag.includes(':')).map(words)
  const said = description || body
  return [words(name), words(task ?? ''), said.length < fewLetters ? plain.join(', ') : '', said]
    .filter((part) => part.trim() !== '')
    .join('. ')
    .toWellFormed()
}

/** Texts that the model refuses have no vector; where it could answer another time, all wait for that. */
const embedAll = async (
  embedder: Embedder,
  texts: string[],
  onError: (error: unknown) => void,
): Promise<(Buffer | null)[]> => {
  if (texts.length === 0) return []
  const bytes = (vector: Float32Array) => Buffer.from(toBytes(vector).buffer)
  try {
    return (await embedder.embed(texts)).map(bytes)
  } catch (error) {
    if (!(error instanceof DehugError) || error.retryable) throw error
    if (texts.length > 1) return (await Promise.all(texts.map((text) => embedAll(embedder, [text], onError)))).flat()
    onError(error)
    return [null]
  }
}
