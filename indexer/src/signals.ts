import { ponder } from 'ponder:registry'
import { badge, oraclePost, oracleRecord, oracleScore, season } from 'ponder:schema'
import { zeroAddress } from 'viem'
import { idOf, timed } from '../occurrence.ts'

ponder.on('EngagementOracle:Posted', async ({ event, context }) => {
  const { poster, epoch, ...said } = event.args
  const now = { ...said, struck: false, struckBy: null, ...timed(event) }
  await context.db
    .insert(oraclePost)
    .values({ poster, epoch, ...now })
    .onConflictDoUpdate(now)
})

ponder.on('EngagementOracle:Struck', async ({ event, context }) => {
  const { poster, epoch, by } = event.args
  await context.db.update(oraclePost, { poster, epoch }).set({ struck: true, struckBy: by })
})

ponder.on('EngagementOracle:Recorded', async ({ event, context }) => {
  const { poster, modelId, epoch, score, fee } = event.args
  await context.db.insert(oracleRecord).values({ id: idOf(event), ...event.args, ...timed(event) })
  const now = { epoch, score, fee, ...timed(event) }
  await context.db
    .insert(oracleScore)
    .values({ poster, modelId, ...now })
    .onConflictDoUpdate(now)
})

ponder.on('Badges:Awarded', async ({ event, context }) => {
  const { tokenId: id, issuer, ...rest } = event.args
  const from = issuer === zeroAddress ? null : issuer
  await context.db.insert(badge).values({ id, issuer: from, ...rest, burned: false, ...timed(event) })
})

ponder.on('Badges:Burned', async ({ event, context }) => {
  await context.db.update(badge, { id: event.args.tokenId }).set({ burned: true })
})

ponder.on('Badges:SeasonPublished', async ({ event, context }) => {
  const { issuer, season: number, root, dataCid } = event.args
  const now = { root, dataCid, struck: false, struckBy: null, ...timed(event) }
  await context.db
    .insert(season)
    .values({ issuer, season: number, ...now })
    .onConflictDoUpdate(now)
})

ponder.on('Badges:SeasonStruck', async ({ event, context }) => {
  const { issuer, season: number, by } = event.args
  await context.db.update(season, { issuer, season: number }).set({ struck: true, struckBy: by })
})
