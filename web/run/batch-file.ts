import 'server-only'
import { Batch, Bytes, Cid } from 'dehug/core'
import { digestBytes } from 'dehug/sdk/web'
import { endpoint } from '@/lib/env.ts'
import { type BatchPlace, batchPlaces, provider } from './chain-data.ts'

const mostBytes = 16 * 2 ** 20
const patienceMs = 8000

/** CID as text of the bytes that the chain has. */
export const cidOf = (bytes: string): string => Cid.toString(Cid.fromBytes(Bytes.fromHex(bytes as `0x${string}`)))

/** The batch with a root, as text, from this hub or from the provider who made it; undefined where neither has it. */
export async function batchFile(root: string): Promise<{ batch: Batch.Batch; text: string } | undefined> {
  for (const place of await batchPlaces(root)) {
    const text = await readPlace(place).catch(() => undefined)
    if (text === undefined) continue
    const batch = Batch.parse(text)
    if (Batch.root(batch) === root) return { batch, text }
  }
  return undefined
}

async function readPlace(place: BatchPlace): Promise<string | undefined> {
  const cid = cidOf(place.batchCid)
  const url = (await provider(place.provider))?.provider.url ?? ''
  const origins = [endpoint(), ...(/^https?:\/\/[^/]+/.test(url) ? [url.replace(/\/+$/, '')] : [])]
  for (const origin of origins) {
    const bytes = await fetchBounded(`${origin}/ipfs/${cid}`).catch(() => undefined)
    if (bytes && digestBytes(bytes).cid === cid) return new TextDecoder().decode(bytes)
  }
  return undefined
}

/** Providers are strangers: no redirects, no endless answers. */
async function fetchBounded(url: string): Promise<Uint8Array | undefined> {
  const answer = await fetch(url, { redirect: 'error', cache: 'no-store', signal: AbortSignal.timeout(patienceMs) })
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
