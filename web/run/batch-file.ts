import 'server-only'
import { Batch, Bytes, Cid } from 'dehug/core'
import { digestBytes } from 'dehug/sdk/web'
import { endpoint } from '@/lib/env.ts'
import { type BatchPlace, batchPlaces, provider } from './chain-data.ts'

const mostBytes = 16 * 2 ** 20
/** For all places together. */
const patienceMs = 12_000

/** CID as text of the bytes that the chain has. */
export const cidOf = (bytes: string): string => Cid.toString(Cid.fromBytes(Bytes.fromHex(bytes as `0x${string}`)))

/** The batch with a root, as text, from this hub or from the provider who made it; undefined where neither has it. */
export async function batchFile(root: string): Promise<{ batch: Batch.Batch; text: string } | undefined> {
  const signal = AbortSignal.timeout(patienceMs)
  for (const place of await batchPlaces(root)) {
    const found = await readPlace(place, signal).catch(() => undefined)
    if (found && Batch.root(found.batch) === root) return found
    if (signal.aborted) return undefined
  }
  return undefined
}

async function readPlace(
  place: BatchPlace,
  signal: AbortSignal,
): Promise<{ batch: Batch.Batch; text: string } | undefined> {
  const cid = cidOf(place.batchCid)
  const url = (await provider(place.provider))?.provider.url ?? ''
  const origins = [endpoint(), ...(/^https?:\/\/[^/]+/.test(url) ? [url.replace(/\/+$/, '')] : [])]
  for (const origin of origins) {
    const bytes = await fetchBounded(`${origin}/ipfs/${cid}`, signal).catch(() => undefined)
    if (!bytes || digestBytes(bytes).cid !== cid) continue
    const text = new TextDecoder().decode(bytes)
    return { batch: Batch.parse(text), text }
  }
  return undefined
}

/** Providers are strangers: no redirects, no endless answers. */
async function fetchBounded(url: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const answer = await fetch(url, { redirect: 'error', cache: 'no-store', signal })
  if (!answer.ok || !answer.body) return undefined
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > mostBytes) return undefined
    parts.push(part)
  }
  return Bytes.concat(...parts)
}
