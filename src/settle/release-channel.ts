import { Conflict, type Hex, Unavailable } from '../core/index.ts'
import type { ClaimRow } from './ClaimChain.ts'
import * as ClaimPlan from './ClaimPlan.ts'
import { type FinishContext, finishAll, observe, sendRelease, startPass } from './finish-batches.ts'
import { zeroHash } from './LedgerJob.ts'

export type ReleaseContext = FinishContext & { limits: ClaimPlan.PlanLimits; minimumMicroUsdc: bigint }
export type Released = { spent: bigint; released: bigint; tx: Hex }

/** Claims what is due on a channel and gives the rest back to the payer. */
export async function releaseChannel(context: ReleaseContext, channelId: Hex): Promise<Released> {
  const known = await context.ledger.channel(channelId)
  if (known && known.spent < context.minimumMicroUsdc && known.state !== 'closed') {
    throw new NotWorthGas(channelId, known.spent, context.minimumMicroUsdc)
  }
  const book = await context.ledger.close(channelId)
  await finishAll(context, startPass())
  const before = await context.chain.channel(channelId)
  await observe(context, before)
  if (before.state === 'closed') throw new ReleasedAlready(channelId)
  const closed = await claimRest(context, channelId)
  if (closed) return { spent: book.spent, released: before.locked - book.spent, tx: closed }
  return releaseBare(context, channelId, book.spent)
}

/** Claims until nothing is due, and closes with the last claim where it covers all receipts. Returns the closing transaction. */
async function claimRest(context: ReleaseContext, channelId: Hex): Promise<Hex | undefined> {
  const { limits, provider, now, pool } = context
  for (;;) {
    const ask = { ...limits, provider, now: now(), channelIds: [channelId], release: true }
    if ((await ClaimPlan.plan(pool, ask)) === 0) return undefined
    const pass = startPass()
    await finishAll(context, pass)
    const result = pass.results.find(({ rows }) => rows.some((row) => row.channelId === channelId))
    const row = result?.rows.find((one) => one.channelId === channelId)
    if (!result || !row) throw [...pass.failed.values()][0] ?? new ReleaseRefused(channelId, 'nothing was sent')
    if (!row.paid) throw new ReleaseRefused(channelId, row.reason ?? 'unknown')
    if (!result.release) continue
    if (result.tx) return result.tx
    throw new ReleasedAlready(channelId)
  }
}

/** Gives the lock back where nothing is left to claim. */
async function releaseBare(context: ReleaseContext, channelId: Hex, spent: bigint): Promise<Released> {
  const { seq, claimed, locked } = await context.chain.channel(channelId)
  // Closing below what is earned would give it away.
  if (claimed < spent) throw new ReleaseRefused(channelId, `a claim of ${spent - claimed} µUSDC is on its way`)
  const nothingNew: ClaimRow = {
    claim: { channelId, seq, spent: claimed, batchRoot: zeroHash },
    claimSignature: '0x',
    voucher: { channelId, n: 0n, ceiling: claimed, context: zeroHash },
    voucherSignature: '0x',
  }
  const { tx } = await sendRelease(context, nothingNew, '')
  await observe(context, await context.chain.channel(channelId))
  return { spent: claimed, released: locked - claimed, tx }
}

/** The channel is closed on chain; there is nothing to give back. */
export class ReleasedAlready extends Unavailable {
  constructor(channelId: Hex) {
    super(`Channel ${channelId} is closed already.`, { code: 'channel_closed', retryable: false })
  }
}

/** The chain refused the last claim on a channel. */
export class ReleaseRefused extends Unavailable {
  constructor(channelId: Hex, reason: string) {
    super(`Channel ${channelId} could not be released: ${reason}.`, {
      code: 'release_refused',
      hint: 'Request the close on chain; the rest of the lock is free when the window is over.',
    })
  }
}

/** The channel earned less than the provider lets a closing transaction cost. */
export class NotWorthGas extends Conflict {
  constructor(channelId: Hex, spent: bigint, minimum: bigint) {
    super(`Channel ${channelId} earned ${spent} µUSDC; this provider closes channels from ${minimum} µUSDC on.`, {
      code: 'not_worth_gas',
      hint: 'Request the close on chain; the rest of the lock is free when the window is over.',
      details: { spentMicroUsdc: spent, minimumMicroUsdc: minimum },
    })
  }
}
