import type { Pool } from 'pg'
import { ContractRefusal } from '../chain/index.ts'
import { Batch, Claim, DehugError, type Hex, Release, type Signer, Unavailable } from '../core/index.ts'
import {
  type ChainChannel,
  type ClaimChain,
  type ClaimRow,
  type ClaimSent,
  type RowOutcome,
  whyUnpaid,
} from './ClaimChain.ts'
import * as ClaimPlan from './ClaimPlan.ts'
import type { DataAvailability } from './DataAvailability.ts'
import type { Ledger } from './Ledger.ts'
import { inTransaction } from './with-client.ts'

export type FinishContext = {
  pool: Pool
  ledger: Ledger
  provider: Hex
  signer: Signer
  domainSeparator: Hex
  chain: ClaimChain
  da: DataAvailability
  /** Unix ms. */
  now: () => number
  /** Called before each durable step, so that a test can end the process there. */
  onStep?: (step: 'planned' | 'stored' | 'sending' | 'sent' | 'mined') => void
}

/** What one claim transaction did. `tx` is null where another transaction had paid it before ours. */
export type ClaimResult = {
  batchId: bigint
  root: Hex
  cid: string
  tx: Hex | null
  gasUsed: bigint | null
  /** Whether it was to close its channel as well. */
  release: boolean
  rows: (ClaimPlan.PlannedRow & { paid: boolean; reason: string | null })[]
}

/** The batches of one call: those that ended, and why others did not. */
export type Pass = { results: ClaimResult[]; failed: Map<bigint, unknown> }

export const startPass = (): Pass => ({ results: [], failed: new Map() })

/** Takes each unfinished batch to its end; one that fails keeps none of the others back and is not tried twice in a pass. */
export async function finishAll(context: FinishContext, pass: Pass): Promise<void> {
  for (const planned of await ClaimPlan.unfinished(context.pool, context.provider)) {
    if (pass.failed.has(planned.id)) continue
    try {
      pass.results.push(await finish(context, planned))
    } catch (error) {
      pass.failed.set(planned.id, error)
    }
  }
}

/** The results of a pass. Throws {@link ClaimsUnfinished}. */
export function resultsOf({ results, failed }: Pass): ClaimResult[] {
  if (failed.size > 0) throw new ClaimsUnfinished(failed, results)
  return results
}

/** Takes one batch from wherever it stands to its end. */
async function finish(context: FinishContext, planned: ClaimPlan.PlannedBatch): Promise<ClaimResult> {
  const rows = await ClaimPlan.rowsOf(context.pool, planned.id)
  const { root, cid } = await publish(context, planned, rows)
  const before = planned.state === 'sent' ? await outcomes(context, rows) : []
  // One paid row proves that the transaction of an earlier process was mined, and with it all its rows were decided.
  const mined = before.some(({ paid }) => paid)
  const sent = mined ? { ...nothingSent, outcomes: before } : await submit(context, planned, rows, { root, cid })
  return conclude(context, planned, rows, { root, cid, ...sent })
}

async function publish(context: FinishContext, planned: ClaimPlan.PlannedBatch, rows: ClaimPlan.PlannedRow[]) {
  if (planned.root && planned.cid) return { root: planned.root, cid: planned.cid }
  context.onStep?.('planned')
  const batch = await ClaimPlan.build(context.pool, { ...context, id: planned.id }, rows)
  const root = Batch.root(batch)
  const { cid } = await context.da.put(root, Batch.serialize(batch))
  const text = `update ledger.batches set state = 'stored', root = $2, cid = $3 where id = $1`
  await context.pool.query(text, [planned.id.toString(), root, cid])
  context.onStep?.('stored')
  return { root, cid }
}

type Sent = Omit<ClaimSent, 'tx' | 'gasUsed'> & { tx: Hex | null; gasUsed: bigint | null; outcomes: RowOutcome[] }

const nothingSent = { tx: null, gasUsed: null, announced: false }

async function submit(
  context: FinishContext,
  planned: ClaimPlan.PlannedBatch,
  rows: ClaimPlan.PlannedRow[],
  { root, cid }: { root: Hex; cid: string },
): Promise<Sent> {
  const signed = await Promise.all(rows.map((row) => signRow(context, row, root)))
  const text = `update ledger.batches set state = 'sent' where id = $1`
  await context.pool.query(text, [planned.id.toString()])
  context.onStep?.('sending')
  const sent = planned.release
    ? await sendRelease(context, signed[0] as ClaimRow, cid).catch(whenRefused)
    : await context.chain.claim(signed, cid)
  context.onStep?.('sent')
  return { ...sent, outcomes: await outcomes(context, rows) }
}

/** Bad rows of a claim are skipped; a release reverts, then the channel tells what became of its row. */
function whenRefused(error: unknown): typeof nothingSent {
  const reverted = error instanceof DehugError && error.details?.hash !== undefined
  if (error instanceof ContractRefusal || reverted) return nothingSent
  throw error
}

async function signRow(
  { signer, domainSeparator }: FinishContext,
  row: ClaimPlan.PlannedRow,
  batchRoot: Hex,
): Promise<ClaimRow> {
  const claim = { channelId: row.channelId, seq: row.seqTo, spent: row.spent, batchRoot }
  const claimSignature = await signer.sign(Claim.digest(domainSeparator, claim))
  return { claim, claimSignature, voucher: row.voucher, voucherSignature: row.voucherSignature }
}

/** What the chain's channels say about a batch, whoever sent its transaction and however often. */
async function outcomes({ chain }: FinishContext, rows: ClaimPlan.PlannedRow[]): Promise<RowOutcome[]> {
  return Promise.all(
    rows.map(async ({ channelId, spent, seqTo }) => {
      const channel = await chain.channel(channelId)
      return { channel, paid: channel.claimed >= spent && channel.seq >= seqTo }
    }),
  )
}

async function conclude(
  context: FinishContext,
  planned: ClaimPlan.PlannedBatch,
  rows: ClaimPlan.PlannedRow[],
  sent: Sent & { root: Hex; cid: string },
): Promise<ClaimResult> {
  const { root, cid, tx, gasUsed } = sent
  const nowSeconds = await context.chain.now()
  const result = await Promise.all(
    rows.map(async (row, i) => {
      const { paid, channel } = sent.outcomes[i] as RowOutcome
      await observe(context, channel)
      return { ...row, paid, reason: paid ? null : whyUnpaid(row, channel, nowSeconds) }
    }),
  )
  // The CID of a claim is not signed: whoever sent these rows before us may have named another one.
  if (!sent.announced && result.some(({ paid }) => paid)) await context.chain.postBatch(root, cid)
  await writeDown(context, planned.id.toString(), result, { tx, gasUsed })
  context.onStep?.('mined')
  return { batchId: planned.id, root, cid, tx, gasUsed, release: planned.release, rows: result }
}

async function writeDown(
  { pool }: FinishContext,
  id: string,
  rows: ClaimResult['rows'],
  { tx, gasUsed }: Pick<ClaimResult, 'tx' | 'gasUsed'>,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    for (const { channelId, paid, reason } of rows) {
      const text = 'update ledger.batch_rows set paid = $3, reason = $4 where batch_id = $1 and channel_id = $2'
      await client.query(text, [id, channelId, paid, reason])
    }
    await client.query('update ledger.channels set batch_id = null where batch_id = $1', [id])
    const text = `update ledger.batches set state = 'mined', tx = $2, gas_used = $3 where id = $1`
    await client.query(text, [id, tx, gasUsed?.toString() ?? null])
  })
}

/** Writes down what the chain says of a channel. */
export async function observe({ ledger }: Pick<FinishContext, 'ledger'>, channel: ChainChannel): Promise<void> {
  const { state } = channel
  if (state !== 'none') await ledger.observe({ ...channel, state })
}

const releaseSeconds = 3600

/** Gives the rest of a channel's lock back, together with its last claim. */
export async function sendRelease(context: FinishContext, row: ClaimRow, cid: string): Promise<ClaimSent> {
  const deadline = BigInt(Math.floor(context.now() / 1000) + releaseSeconds)
  const release = { channelId: row.claim.channelId, spent: row.claim.spent, deadline }
  const signature = await context.signer.sign(Release.digest(context.domainSeparator, release))
  return context.chain.claimAndRelease(row, release, signature, cid)
}

/** Some claims could not be carried out; they stay planned and are taken up again. */
export class ClaimsUnfinished extends Unavailable {
  constructor(failed: Map<bigint, unknown>, results: ClaimResult[]) {
    const [cause] = failed.values()
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${failed.size} of ${failed.size + results.length} claims could not be carried out: ${why}`, {
      code: 'claims_unfinished',
      hint: 'They are tried again by themselves; check the RPC node, the gas key and the database.',
      details: { batchIds: [...failed.keys()].map(String), claimed: results.flatMap(({ tx }) => tx ?? []) },
      cause,
    })
  }
}
