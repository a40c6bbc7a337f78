import { readFile, stat } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import { BadInput, XetHash } from '../../core/index.ts'
import type { HashPool } from '../HashPool.ts'
import { type Ingested, ingestBy } from '../ingest.ts'
import { type Layout, missing } from '../Layout.ts'
import { type ComposeOptions, type Composition, ContentMismatch } from '../Store.ts'
import { ComposedReader } from './ComposedReader.ts'
import * as Recipe from './Recipe.ts'
import { readComposed } from './read-composed.ts'
import type { XorbStore } from './XorbStore.ts'
import * as XorbTable from './XorbTable.ts'

const cachedTerms = 500_000

type Cached = { inode: number; recipe: Recipe.Recipe }

/** Files that are kept as chunks: their recipes, and their bytes out of xorbs. */
export class ComposedFiles {
  readonly #layout: Layout
  readonly #xorbs: XorbStore
  readonly #recipes = new LRUCache<string, Cached>({
    maxSize: cachedTerms,
    sizeCalculation: ({ recipe }) => 1 + recipe.terms.length,
  })

  constructor(layout: Layout, xorbs: XorbStore) {
    this.#layout = layout
    this.#xorbs = xorbs
  }

  /** The recipe of a file that is kept as chunks; undefined for all else. */
  async recipe(cid: string): Promise<Recipe.Recipe | undefined> {
    const path = this.#layout.recipe(cid)
    const facts = await stat(path).catch(missing)
    if (!facts) return undefined
    const cached = this.#recipes.get(cid)
    if (cached?.inode === facts.ino) return cached.recipe
    const bytes = await readFile(path).catch(missing)
    const recipe = bytes && Recipe.decode(bytes)
    if (recipe) this.#recipes.set(cid, { inode: facts.ino, recipe })
    return recipe
  }

  async has(cid: string): Promise<boolean> {
    return (await stat(this.#layout.recipe(cid)).catch(missing)) !== undefined
  }

  read(recipe: Recipe.Recipe, range: { start: number; end: number }): AsyncGenerator<Buffer> {
    return readComposed(this.#xorbs, recipe.terms, range)
  }

  /** A part of a file, or undefined when it is not kept as chunks. */
  async readPart(cid: string, { offset, length }: { offset: number; length: number }): Promise<Buffer | undefined> {
    const recipe = await this.recipe(cid)
    if (!recipe) return undefined
    const pieces: Buffer[] = []
    for await (const piece of this.read(recipe, { start: offset, end: offset + length })) pieces.push(piece)
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  /** The file was deleted. */
  forget(cid: string): void {
    this.#recipes.delete(cid)
  }

  /**
   * Checks by the tables of the xorbs that the terms make the file they are said to make, which is all there is to know
   * of a file that is here already. Throws {@link BadComposition}, `XorbMissing`.
   */
  async checkTerms({ hash, terms, proofs }: Composition): Promise<void> {
    if (proofs.length > 0 && proofs.length !== terms.length)
      throw new BadComposition(hash, 'it has not one proof for each term')
    const tree = XetHash.grow()
    for (const [i, term] of terms.entries()) {
      const table = await this.#xorbs.table(term.xorb)
      if (term.end > XorbTable.chunkCount(table)) {
        throw new BadComposition(hash, `xorb ${term.xorb} has no chunk ${term.end - 1}`)
      }
      const size = table.chunkEnds[term.end - 1]! - XorbTable.chunkStart(table, term.start)
      if (size !== term.size) throw new BadComposition(hash, `term ${i} has ${size} bytes, not ${term.size}`)
      const proof = proofs[i] && XetHash.ofRange(table.hashes.subarray(term.start * 32, term.end * 32))
      if (proof && !Buffer.from(proof).equals(proofs[i]!))
        throw new BadComposition(hash, `the proof of term ${i} is wrong`)
      for (const leaf of XorbTable.leaves(table, term.start, term.end)) tree.push(leaf)
    }
    const found = XetHash.format(tree.file())
    if (found !== hash) throw new BadComposition(hash, `its terms make the file ${found}`)
  }

  /** Chunk digests and SHA-256 in one pass over the bytes. Throws `ContentMismatch`. */
  async digest({ terms, sha256 }: Composition, pool: HashPool, { signal, onBytes }: ComposeOptions): Promise<Ingested> {
    const size = terms.reduce((sum, term) => sum + term.size, 0)
    const reader = new ComposedReader(this.#xorbs, terms, { start: 0, end: size })
    const ingested = await ingestBy((into) => reader.fill(into), { pool, signal, onBytes }).finally(() =>
      reader.close(),
    )
    const digest = Buffer.from(ingested.sha256).toString('hex')
    if (sha256 !== undefined && digest !== sha256) throw new ContentMismatch('sha256', sha256, digest)
    return ingested
  }
}

/** The terms do not make the file they are said to make. */
export class BadComposition extends BadInput {
  constructor(hash: string, why: string) {
    super(`The file ${hash} cannot be put together: ${why}.`, {
      code: 'bad_composition',
      hint: 'Send the shard as hf_xet or @huggingface/hub make it.',
    })
  }
}
