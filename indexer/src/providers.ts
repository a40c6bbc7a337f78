import { ponder } from 'ponder:registry'
import { withdrawal } from 'ponder:schema'
import { idOf, timed } from '../occurrence.ts'
import { changeProvider } from '../provider-row.ts'

ponder.on('ProviderRegistry:ProviderRegistered', async ({ event, context }) => {
  await changeProvider(context, event.args.provider, event.block.timestamp, () => ({ url: event.args.url }))
})

ponder.on('ProviderRegistry:Staked', async ({ event, context }) => {
  await changeProvider(context, event.args.provider, event.block.timestamp, () => ({ stake: event.args.stake }))
})

ponder.on('ProviderRegistry:UnbondRequested', async ({ event, context }) => {
  const { amount, releaseAt } = event.args
  await changeProvider(context, event.args.provider, event.block.timestamp, (row) => ({
    stake: row.stake - amount,
    unbonding: row.unbonding + amount,
    releaseAt,
  }))
})

ponder.on('ProviderRegistry:Unbonded', async ({ event, context }) => {
  const { provider: account, amount } = event.args
  await changeProvider(context, account, event.block.timestamp, () => ({ unbonding: 0n, releaseAt: null }))
  await context.db
    .insert(withdrawal)
    .values({ id: idOf(event), kind: 'stake', account, to: account, amount, ...timed(event) })
})

ponder.on('ProviderRegistry:Slashed', async ({ event, context }) => {
  const { amount } = event.args
  await changeProvider(context, event.args.provider, event.block.timestamp, (row) => {
    // The contract takes the stake first, then what is being unbonded.
    const missing = amount > row.stake ? amount - row.stake : 0n
    return {
      stake: row.stake + missing - amount,
      unbonding: row.unbonding - missing,
      slashed: row.slashed + amount,
    }
  })
})
