import { type Context, ponder } from 'ponder:registry'
import {
  batch,
  challenge,
  channel,
  claim,
  deposit,
  model,
  payer,
  session,
  skippedClaim,
  withdrawal,
} from 'ponder:schema'
import type { Hex } from 'viem'
import { idOf, placed, timed } from '../occurrence.ts'
import { changeProvider } from '../provider-row.ts'

/** In the order of the contract's enum. */
const skipReasons = [
  'none',
  'unknown_channel',
  'channel_closed',
  'window_over',
  'voucher_of_other_channel',
  'nothing_new',
  'seq_not_newer',
  'above_ceiling',
  'above_locked',
  'bad_claim_signature',
  'bad_voucher_signature',
]

type Sums = { deposited?: bigint; spent?: bigint; withdrawn?: bigint }

async function addToPayer(context: Context, address: Hex, at: bigint, sums: Sums): Promise<void> {
  const { deposited = 0n, spent = 0n, withdrawn = 0n } = sums
  await context.db
    .insert(payer)
    .values({ address, deposited, spent, withdrawn, at })
    .onConflictDoUpdate((row) => ({
      deposited: row.deposited + deposited,
      spent: row.spent + spent,
      withdrawn: row.withdrawn + withdrawn,
    }))
}

ponder.on('UsageController:Deposited', async ({ event, context }) => {
  const { payer: address, amount } = event.args
  await context.db.insert(deposit).values({ id: idOf(event), payer: address, amount, ...placed(event) })
  await addToPayer(context, address, event.block.timestamp, { deposited: amount })
})

ponder.on('UsageController:SessionOpened', async ({ event, context }) => {
  const { session: id, ...terms } = event.args
  await context.db.insert(session).values({ id, ...terms, revoked: false, ...timed(event) })
})

ponder.on('UsageController:SessionRevoked', async ({ event, context }) => {
  await context.db.update(session, { id: event.args.session }).set({ revoked: true })
})

ponder.on('UsageController:Locked', async ({ event, context }) => {
  const { channelId: id, add, locked, ...terms } = event.args
  const at = event.block.timestamp
  const opened = await context.db.find(session, { id: terms.session })
  const start = { claimed: 0n, returned: 0n, seq: 0n, status: 'open', at, updatedAt: at }
  await context.db
    .insert(channel)
    .values({ id, ...terms, payer: opened?.payer ?? null, locked, ...start })
    .onConflictDoUpdate({ locked, updatedAt: at })
})

ponder.on('UsageController:Claimed', async ({ event, context }) => {
  const { channelId, provider, modelId, seqFrom, seqTo, delta, providerAmount } = event.args
  const at = event.block.timestamp
  const jobs = seqTo - seqFrom + 1n
  await context.db.insert(claim).values({ id: idOf(event), ...event.args, ...placed(event) })
  const row = await context.db
    .update(channel, { id: channelId })
    .set((now) => ({ claimed: now.claimed + delta, seq: seqTo, updatedAt: at }))
  await context.db
    .update(model, { id: modelId })
    .set((now) => ({ claimed: now.claimed + delta, jobs: now.jobs + jobs }))
  await changeProvider(context, provider, at, (now) => ({
    claimed: now.claimed + delta,
    earned: now.earned + providerAmount,
    jobs: now.jobs + jobs,
  }))
  if (row.payer) await addToPayer(context, row.payer, at, { spent: delta })
})

ponder.on('UsageController:ClaimSkipped', async ({ event, context }) => {
  const { channelId, provider, reason } = event.args
  const why = skipReasons[reason] ?? String(reason)
  await context.db.insert(skippedClaim).values({ id: idOf(event), channelId, provider, reason: why, ...timed(event) })
})

ponder.on('UsageController:BatchPosted', async ({ event, context }) => {
  await context.db.insert(batch).values({ id: idOf(event), ...event.args, ...placed(event) })
})

ponder.on('UsageController:CloseRequested', async ({ event, context }) => {
  const { channelId: id, closeAt } = event.args
  await context.db.update(channel, { id }).set({ status: 'closing', closeAt, updatedAt: event.block.timestamp })
})

ponder.on('UsageController:Released', async ({ event, context }) => {
  const { channelId: id, amount } = event.args
  await context.db.update(channel, { id }).set({ status: 'closed', returned: amount, updatedAt: event.block.timestamp })
})

ponder.on('UsageController:CloseFinalized', async ({ event, context }) => {
  const { channelId: id, amount } = event.args
  await context.db.update(channel, { id }).set({ status: 'closed', returned: amount, updatedAt: event.block.timestamp })
})

ponder.on('UsageController:Withdrawn', async ({ event, context }) => {
  const { payer: account, to, amount } = event.args
  await context.db.insert(withdrawal).values({ id: idOf(event), kind: 'free', account, to, amount, ...timed(event) })
  await addToPayer(context, account, event.block.timestamp, { withdrawn: amount })
})

ponder.on('UsageController:CreditWithdrawn', async ({ event, context }) => {
  await context.db.insert(withdrawal).values({ id: idOf(event), kind: 'credit', ...event.args, ...timed(event) })
})

ponder.on('UsageController:Challenged', async ({ event, context }) => {
  await context.db.insert(challenge).values({ id: idOf(event), ...event.args, ...timed(event) })
})
