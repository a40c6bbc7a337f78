import { ponder } from 'ponder:registry'
import { model, transfer } from 'ponder:schema'
import { zeroAddress } from 'viem'
import { idOf, placed } from '../occurrence.ts'

ponder.on('ModelNFT:Transfer', async ({ event, context }) => {
  const { from, to, tokenId } = event.args
  await context.db.insert(transfer).values({ id: idOf(event), modelId: tokenId, from, to, ...placed(event) })
  if (from !== zeroAddress) await context.db.update(model, { id: tokenId }).set({ owner: to })
})

ponder.on('ModelNFT:OwnerEpochRaised', async ({ event, context }) => {
  const { modelId, ownerEpoch } = event.args
  await context.db.update(model, { id: modelId }).set({ ownerEpoch })
})
