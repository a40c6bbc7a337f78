import { Blob, Xet } from '../../../catalog/index.ts'
import { BadInput, type Shard, XetHash } from '../../../core/index.ts'
import type { ComposeOptions, Stored } from '../../../store/index.ts'
import type { HubContext } from '../../context.ts'
import { BodyTooLarge } from '../../errors.ts'
import type { XetWriter } from './xet-caller.ts'

/**
 * Asserts that the caller has sent every xorb that files are said to be made of, or can read the very chunks; a xorb that
 * is not here is answered alike. Throws {@link XorbNotYours} and `BodyTooLarge`.
 */
export const assertUsable = async (context: HubContext, writer: XetWriter, files: Shard.File[]): Promise<void> => {
  const { db } = context.catalog
  const named = new Set(files.flatMap(({ terms }) => terms.map(({ xorb }) => xorb)))
  const sent = await Xet.sent(db, writer.holder.user.id, [...named])
  const foreign = [...named].filter((xorb) => !sent.has(xorb))
  const readable = await Xet.readable(db, writer.holder, foreign)
  for (const { terms } of files) {
    const size = terms.reduce((sum, term) => sum + term.size, 0)
    if (size > context.limits.uploadBytes) throw new BodyTooLarge('A file of the shard', context.limits.uploadBytes)
    for (const { xorb, start, end } of terms) {
      const covers = (range: Xet.Range) => range.start <= start && range.end >= end
      if (!sent.has(xorb) && !readable.get(xorb)?.some(covers)) throw new XorbNotYours(xorb)
    }
  }
}

/** Stores one file of a shard, after which a commit of the caller may name it. */
export const registerFile = async (
  context: HubContext,
  { holder }: XetWriter,
  file: Shard.File,
  options: ComposeOptions,
): Promise<void> => {
  const { store, catalog, clock } = context
  const known = await Xet.byHash(catalog.db, file.hash)
  const stored =
    file.terms.length === 0
      ? await store.put(new Uint8Array(), { expect: { sha256: file.sha256 } })
      : await store.xorbs.compose({ ...file, known: known?.cid }, options)
  await Blob.recordUpload(catalog.db, holder.user.id, stored, clock())
  if (known?.cid !== stored.cid) await record(context, stored)
}

/** Who may read the file may use its chunks from now on. */
const record = async ({ store, catalog }: HubContext, stored: Stored): Promise<void> => {
  const recipe = await store.xorbs.recipe(stored.cid)
  if (!recipe) return
  const uses = new Map<string, Xet.Range[]>()
  const chunks = new Set<string>()
  for (const [i, { xorb, start, end }] of recipe.terms.entries()) {
    const ranges = uses.get(xorb) ?? []
    ranges.push({ start, end })
    uses.set(xorb, ranges)
    const { hashes } = await store.xorbs.table(xorb)
    for (let chunk = start; chunk < end; chunk++) {
      const hash = hashes.subarray(chunk * 32, chunk * 32 + 32)
      if ((i === 0 && chunk === start) || XetHash.isSampled(hash)) chunks.add(XetHash.format(hash))
    }
  }
  const { cid, sha256, size } = stored
  await Xet.recordFile(catalog.db, { file: { cid, sha256, size, hash: recipe.hash }, uses, chunks })
}

/** A shard names a xorb that its sender neither sent nor can read, or that is not here. */
export class XorbNotYours extends BadInput {
  constructor(xorb: string) {
    super(`The shard names chunks of xorb ${xorb} that were not uploaded.`, {
      code: 'xorb_not_uploaded',
      hint: 'Upload the xorb first; naming it gives no right to its chunks. An old upload cache may name what is gone.',
      details: { xorb },
    })
  }
}
