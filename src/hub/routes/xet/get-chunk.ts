import { randomBytes } from 'node:crypto'
import { Xet } from '../../../catalog/index.ts'
import { NotFound, Shard, XetHash } from '../../../core/index.ts'
import type { Recipe } from '../../../store/index.ts'
import type { HubContext } from '../../context.ts'
import { paramsOf, type Route } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import { ownCredentials, xetCaller } from './xet-caller.ts'

const maxChunks = 32_768
const validSeconds = 24 * 3600

/**
 * Where a chunk that the caller is about to send is already: the chunks of a file they can read that has it, in a shard
 * with a key of its own.
 */
export const getChunk: Route = (app, context) => {
  for (const prefix of ['default', 'default-merkledb']) {
    app.get(`${casPath}/v1/chunks/${prefix}/:name`, ownCredentials, async (request, reply) => {
      const { holder } = await xetCaller(context, request)
      const chunk = paramsOf(request).name ?? ''
      const hash = XetHash.parse(chunk)
      const cid = await Xet.withChunk(context.catalog.db, holder, chunk)
      const recipe = cid && (await context.store.xorbs.recipe(cid))
      if (!recipe) throw new NoSuchChunk(chunk)
      const xorbs = await describe(context, recipe, hash)
      const at = Math.floor(context.clock().getTime() / 1000)
      const shard = Shard.serialize(xorbs, { key: randomBytes(32), at, expiresAt: at + validSeconds })
      return reply.header('content-type', 'application/octet-stream').send(Buffer.from(shard))
    })
  }
}

/** The xorbs of a file from the one with the chunk on. Chunks of theirs that are not of this file stay hidden. */
const describe = async ({ store }: HubContext, { terms }: Recipe, wanted: Uint8Array): Promise<Shard.Xorb[]> => {
  const shown = new Map<string, Shard.Xorb>()
  let count = 0
  for (const { xorb, start, end } of terms) {
    const table = await store.xorbs.table(xorb)
    const hashAt = (chunk: number) => table.hashes.subarray(chunk * 32, chunk * 32 + 32)
    const has = () => {
      for (let chunk = start; chunk < end; chunk++) if (hashAt(chunk).equals(wanted)) return true
      return false
    }
    if (shown.size === 0 && !has()) continue
    const known = shown.get(xorb)
    count += known ? 0 : table.checks.length
    if (count > maxChunks) break
    const described = known ?? hidden(xorb, table.checks.length, table.recordEnds.at(-1) ?? 0)
    for (let chunk = start; chunk < end; chunk++) {
      const size = table.chunkEnds[chunk]! - (chunk === 0 ? 0 : table.chunkEnds[chunk - 1]!)
      described.chunks[chunk] = { hash: hashAt(chunk), size }
    }
    shown.set(xorb, described)
  }
  return [...shown.values()]
}

const hidden = (hash: string, count: number, bytes: number): Shard.Xorb => ({
  hash,
  chunks: Array.from({ length: count }, () => ({ hash: randomBytes(32), size: 0 })),
  bytes,
})

/** No file that the caller can read has this chunk, as far as is remembered. */
export class NoSuchChunk extends NotFound {
  constructor(chunk: string) {
    super(`Nothing is known of chunk ${chunk}.`, { code: 'no_such_chunk' })
  }
}
