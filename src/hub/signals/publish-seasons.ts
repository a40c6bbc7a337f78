import { Engagement, Season } from '../../catalog/index.ts'
import { Calls } from '../../chain/index.ts'
import { Bytes, Cid, SeasonWinner } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { readAll } from '../read-all.ts'
import { settledUntil, type Tools } from './post-days.ts'
import * as SeasonDocument from './SeasonDocument.ts'

/** How many seasons back a hub that was away still publishes. */
const seasonsBack = 2

/**
 * Names the winners of seasons that are over, once each: what this hub said is on chain, so neither a restart nor another
 * hub with the same key says it again. A season that nobody won has no root.
 */
export const publishSeasons = async (tools: Tools): Promise<void> => {
  const { context, chain, relayer } = tools
  if (!chain.deployment.contracts.Badges) return
  const present = SeasonWinner.seasonOf(await settledUntil(tools))
  const first = Math.max(0, present - seasonsBack)
  if (first >= present) return
  const published = new Set((await Season.published(context.catalog.db, relayer.address)).map(({ season }) => season))
  for (let season = first; season < present; season += 1) if (!published.has(season)) await publish(tools, season)
}

const publish = async (tools: Tools, season: number): Promise<void> => {
  const { context, chain, relayer } = tools
  // The indexer may be a few blocks behind what was sent a moment ago.
  if ((await chain.seasonPost(relayer.address, season)).at !== 0n) return
  const said = await documentOf(context, season)
  if (!said) return
  const { cid, winners } = said
  const call = Calls.publishSeason(chain.deployment, season, SeasonWinner.root(winners), Bytes.toHex(Cid.bytes(cid)))
  await relayer.send(call, { account: 'signals' })
}

/** The winners with the file that names them, kept before anything is sent: whoever was cut off says the same again. */
const documentOf = async ({ catalog: { db }, store, clock }: HubContext, season: number) => {
  const kept = await Engagement.documentOf(db, `season:${season}`)
  if (kept !== undefined)
    return { cid: kept, winners: SeasonDocument.parse((await readAll(await store.open(kept))).toString()) }
  const winners = await Season.winners(db, season, clock())
  if (winners.length === 0) return undefined
  const { cid } = await store.put(Bytes.utf8(SeasonDocument.serialize(season, winners)))
  await store.pin(cid, `season:${season}`)
  await Engagement.publish(db, `season:${season}`, cid)
  return { cid, winners }
}
