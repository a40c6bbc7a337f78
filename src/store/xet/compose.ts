import { appendFile } from 'node:fs/promises'
import type { HashPool } from '../HashPool.ts'
import type { Layout } from '../Layout.ts'
import * as Sidecar from '../Sidecar.ts'
import { type ComposeOptions, type Composition, ContentMismatch, type Stored, XorbMissing } from '../Store.ts'
import type { StoreWriter } from '../StoreWriter.ts'
import { dagOf } from '../verify-file.ts'
import type { ComposedFiles } from './ComposedFiles.ts'
import * as Recipe from './Recipe.ts'

export type Composer = { layout: Layout; writer: StoreWriter; composed: ComposedFiles; pool: HashPool }

/** Stores the recipe of a file whose xorbs are here, once its bytes were checked. */
export async function compose(
  { layout, writer, composed, pool }: Composer,
  file: Composition,
  options: ComposeOptions,
): Promise<Stored> {
  const xorbs = Recipe.xorbsOf(file)
  // Garbage collection leaves them alone from now on.
  await writer.touchXorbs(xorbs)
  await composed.checkTerms(file)
  const same = file.known === undefined ? undefined : await composed.recipe(file.known)
  if (file.known !== undefined && same?.hash === file.hash && (await isUsable(writer, file.known, same))) {
    if (file.sha256 !== undefined && file.sha256 !== same.sha256) {
      throw new ContentMismatch('sha256', file.sha256, same.sha256)
    }
    return { cid: file.known, size: same.size, sha256: same.sha256 }
  }
  const ingested = await composed.digest(file, pool, options)
  const dag = dagOf(ingested)
  const { size } = ingested
  const stored = { cid: dag.root, size, sha256: Buffer.from(ingested.sha256).toString('hex') }
  const isLarge = ingested.leaves.length > 1
  if (isLarge) {
    await writer.putSidecar(dag.root, Sidecar.encode({ ...ingested, nodes: dag.nodes }), stored.sha256)
  }
  // The first recipe of a file stays, whatever pieces a later one is made of.
  const known = await composed.recipe(dag.root)
  if (!known || !(await isUsable(writer, dag.root, known))) {
    const recipe = Recipe.encode({ size, sha256: stored.sha256, hash: file.hash, terms: file.terms })
    await writer.placeRecipe(dag.root, recipe, xorbs)
  }
  if (isLarge) await appendFile(layout.journal, `${dag.root}\n`)
  return stored
}

/** Whether a recipe and all its xorbs are still here; they then count as new. */
async function isUsable(writer: StoreWriter, cid: string, known: Recipe.Recipe): Promise<boolean> {
  return await writer.touchXorbs(Recipe.xorbsOf(known), cid).then(
    () => true,
    (error: unknown) => {
      if (error instanceof XorbMissing) return false
      throw error
    },
  )
}
