import { LRUCache } from 'lru-cache'
import { Season } from '../../catalog/index.ts'
import { Bytes, Cid, type Hex, SeasonWinner } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { readAll } from '../read-all.ts'
import * as SeasonDocument from './SeasonDocument.ts'

type Winner = SeasonWinner.SeasonWinner

/** What this network's poster said of seasons, the newest first; those that were struck, too. */
export const all = async ({ catalog, relayer }: HubContext): Promise<Season.Published[]> =>
  relayer ? Season.published(catalog.db, relayer.address) : []

export const cidOf = ({ dataCid }: Season.Published): string => Cid.toString(Cid.fromBytes(Bytes.fromHex(dataCid)))

/** Files never change under their CID. */
const read = new LRUCache<string, Winner[]>({ max: 256 })

/** The winners as they were published: shares and owners may be others by now. Undefined where the file is not here. */
export const winnersOf = async ({ store }: HubContext, post: Season.Published): Promise<Winner[] | undefined> => {
  const cid = cidOf(post)
  const known = read.get(cid)
  if (known) return known
  const text = await store.open(cid).then(readAll, () => undefined)
  if (!text) return undefined
  const winners = SeasonDocument.parse(text.toString())
  read.set(cid, winners)
  return winners
}

/** A place that `Badges` awards now to whoever asks, with the proof it takes. */
export type Claimable = Winner & { issuer: Hex; merkleProof: Hex[] }

/** Places that a wallet won in published seasons which nobody can contest any more, had already or not. */
export const claimableBy = async (context: HubContext, address: Hex): Promise<Claimable[]> => {
  const { chain, relayer } = context
  if (!chain || !relayer) return []
  const found: (Claimable & { at: number })[] = []
  for (const post of (await all(context)).filter(({ struck }) => !struck)) {
    const winners = (await winnersOf(context, post)) ?? []
    const own = winners.filter(({ account }) => account === address)
    const issuer = relayer.address
    for (const winner of own)
      found.push({ ...winner, issuer, merkleProof: SeasonWinner.proof(winners, winner), at: post.at })
  }
  if (found.length === 0) return []
  const [now, window] = await Promise.all([chain.now(), chain.seasonWindowSeconds()])
  return found.flatMap(({ at, ...claimable }) => (now >= BigInt(at) + window ? [claimable] : []))
}
