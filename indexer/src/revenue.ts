import { ponder } from 'ponder:registry'
import { creatorShare, credit, model, royalty, withdrawal } from 'ponder:schema'
import { idOf, placed, timed } from '../occurrence.ts'

ponder.on('RevenueLedger:SharesSet', async ({ event, context }) => {
  const { modelId, creators, shares } = event.args
  const rows = creators.map((creator, i) => ({ modelId, creator, shareBps: shares[i] ?? 0 }))
  await context.db.insert(creatorShare).values(rows)
})

ponder.on('RevenueLedger:ShareReduced', async ({ event, context }) => {
  const { modelId, from, to, bps } = event.args
  await context.db.update(creatorShare, { modelId, creator: from }).set((row) => ({ shareBps: row.shareBps - bps }))
  await context.db
    .insert(creatorShare)
    .values({ modelId, creator: to, shareBps: bps })
    .onConflictDoUpdate((row) => ({ shareBps: row.shareBps + bps }))
})

ponder.on('RevenueLedger:Credited', async ({ event, context }) => {
  const { modelId, creatorAmount, holderAmount } = event.args
  await context.db.insert(credit).values({ id: idOf(event), ...event.args, ...placed(event) })
  await context.db.update(model, { id: modelId }).set((row) => ({
    creatorTotal: row.creatorTotal + creatorAmount,
    holderTotal: row.holderTotal + holderAmount,
  }))
})

ponder.on('RevenueLedger:RoyaltyReceived', async ({ event, context }) => {
  const { modelId, amount } = event.args
  await context.db.insert(royalty).values({ id: idOf(event), modelId, amount, ...timed(event) })
  await context.db.update(model, { id: modelId }).set((row) => ({ royaltyTotal: row.royaltyTotal + amount }))
})

ponder.on('RevenueLedger:TokenRoyaltyReceived', async ({ event, context }) => {
  await context.db.insert(royalty).values({ id: idOf(event), ...event.args, ...timed(event) })
})

ponder.on('RevenueLedger:Withdrawn', async ({ event, context }) => {
  await context.db.insert(withdrawal).values({ id: idOf(event), kind: 'revenue', ...event.args, ...timed(event) })
})
