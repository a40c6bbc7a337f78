import type { Pool, PoolClient } from 'pg'
import { Batch, type Hex, Receipt, type Voucher } from '../core/index.ts'
import { fromRow } from './LedgerJob.ts'
import { inTransaction } from './with-client.ts'

export type PlanLimits = {
  /** Channels of one transaction; see `rowGas`. */
  maxRows: number
  /** Receipts of one blob. */
  maxEntries: number
}

export type PlannedBatch = {
  id: bigint
  state: 'planned' | 'stored' | 'sent'
  cid: string | null
  root: Hex | null
  release: boolean
}

/** One row of a planned claim with the voucher that covers it. */
export type PlannedRow = {
  channelId: Hex
  modelId: bigint
  seqFrom: bigint
  seqTo: bigint
  delta: bigint
  spent: bigint
  voucher: Voucher.Voucher
  voucherSignature: Hex
}

/** A row that the chain refused this often is not tried again by itself. */
const maxRefusals = 3

export type PlanOptions = PlanLimits & {
  provider: Hex
  /** Unix ms. */
  now: number
  /** All unless said. */
  channelIds?: Hex[]
  /** Rows worth less wait; default 0. */
  minimumMicroUsdc?: bigint
  /** Also close a channel, with the claim that covers the last of its receipts. */
  release?: boolean
}

/**
 * Writes down what to claim next: channels with money that is spent and not claimed, packed into batches. A channel is
 * never in two unfinished batches, so the chain's `claimed` is what the plan assumed. Returns how many were planned.
 */
export async function plan(pool: Pool, options: PlanOptions): Promise<number> {
  return await inTransaction(pool, async (client) => {
    const channels = await claimable(client, options)
    const packs = pack(channels, options)
    for (const rows of packs) await insert(client, rows, options)
    return packs.length
  })
}

type Claimable = {
  channelId: Hex
  modelId: string
  seqFrom: bigint
  seqTo: bigint
  claimed: bigint
  spent: bigint
  /** Whether receipts are left for a later batch. */
  cut: boolean
}

async function claimable(client: PoolClient, options: PlanOptions): Promise<Claimable[]> {
  const { rows } = await client.query(
    `select channel_id, model_id, claimed, claimed_seq, spent, seq from ledger.channels c
     where provider = $1 and batch_id is null and spent > claimed and spent - claimed >= $5 and state <> 'closed'
       and ($2::text[] is null or channel_id = any($2))
       and ($4 or (select count(*) from ledger.batch_rows r
         where r.channel_id = c.channel_id and paid = false and r.seq_from >= c.claimed_seq) < $3)
     order by channel_id limit 1000 for update`,
    [
      options.provider,
      options.channelIds ?? null,
      maxRefusals,
      options.release ?? false,
      `${options.minimumMicroUsdc ?? 0n}`,
    ],
  )
  return Promise.all(
    rows.map(async (row) => {
      const whole = {
        channelId: row.channel_id,
        modelId: row.model_id,
        seqFrom: BigInt(row.claimed_seq),
        seqTo: BigInt(row.seq),
        claimed: BigInt(row.claimed),
        spent: BigInt(row.spent),
        cut: false,
      }
      return whole.seqTo - whole.seqFrom > options.maxEntries ? cut(client, whole, options.maxEntries) : whole
    }),
  )
}

/** The first part of a channel with more receipts than a blob takes: enough of them to claim something. */
async function cut(client: PoolClient, whole: Claimable, maxEntries: number): Promise<Claimable> {
  const { rows } = await client.query(
    `select seq, spent from ledger.jobs where channel_id = $1 and seq >= $2 and spent > $3 order by seq limit 1`,
    [whole.channelId, (whole.seqFrom + BigInt(maxEntries)).toString(), whole.claimed.toString()],
  )
  const seqTo = BigInt(rows[0].seq)
  return { ...whole, seqTo, spent: BigInt(rows[0].spent), cut: seqTo < whole.seqTo }
}

function pack(channels: Claimable[], { maxRows, maxEntries }: PlanLimits): Claimable[][] {
  const packs: Claimable[][] = []
  let entries = 0
  for (const channel of channels) {
    const size = Number(channel.seqTo - channel.seqFrom)
    const last = packs.at(-1)
    if (last && last.length < maxRows && entries + size <= maxEntries) {
      last.push(channel)
      entries += size
    } else {
      packs.push([channel])
      entries = size
    }
  }
  return packs
}

async function insert(client: PoolClient, channels: Claimable[], options: PlanOptions) {
  const { rows } = await client.query(
    `insert into ledger.batches (provider, state, created_at, release) values ($1, 'planned', $2, $3) returning id`,
    [options.provider, options.now, options.release === true && channels.every(({ cut }) => !cut)],
  )
  const { id } = rows[0]
  for (const { channelId, modelId, seqFrom, seqTo, claimed, spent } of channels) {
    await client.query(
      `insert into ledger.batch_rows (batch_id, channel_id, model_id, seq_from, seq_to, delta, spent, entries)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, channelId, modelId, `${seqFrom}`, `${seqTo}`, `${spent - claimed}`, `${spent}`, Number(seqTo - seqFrom)],
    )
    await client.query('update ledger.channels set batch_id = $2 where channel_id = $1', [channelId, id])
  }
}

/** Batches whose outcome is not known yet, oldest first. */
export async function unfinished(pool: Pool, provider: Hex): Promise<PlannedBatch[]> {
  const text = `select id, state, cid, root, release from ledger.batches where provider = $1 and state <> 'mined' order by id`
  const { rows } = await pool.query(text, [provider])
  return rows.map((row) => ({ ...row, id: BigInt(row.id) }))
}

export async function rowsOf(pool: Pool, id: bigint): Promise<PlannedRow[]> {
  const { rows } = await pool.query(
    `select r.*, c.ceiling, c.voucher_n, c.voucher_context, c.voucher_signature
     from ledger.batch_rows r join ledger.channels c using (channel_id) where r.batch_id = $1 order by channel_id`,
    [id.toString()],
  )
  return rows.map((row) => ({
    channelId: row.channel_id,
    modelId: BigInt(row.model_id),
    seqFrom: BigInt(row.seq_from),
    seqTo: BigInt(row.seq_to),
    delta: BigInt(row.delta),
    spent: BigInt(row.spent),
    voucher: {
      channelId: row.channel_id,
      n: BigInt(row.voucher_n),
      ceiling: BigInt(row.ceiling),
      context: row.voucher_context,
    },
    voucherSignature: row.voucher_signature,
  }))
}

/** The batch of a plan. It follows from the book alone, so after a crash the same blob is built again. */
export async function build(
  pool: Pool,
  planned: { id: bigint; provider: Hex; domainSeparator: Hex },
  rows: PlannedRow[],
): Promise<Batch.Batch> {
  const { rows: found } = await pool.query(
    `select ledger.job_json(j) - 'answer' as row, r.model_id from ledger.batch_rows r
     join ledger.jobs j on j.channel_id = r.channel_id and j.seq > r.seq_from and j.seq <= r.seq_to where r.batch_id = $1`,
    [planned.id.toString()],
  )
  const entries = found.map(({ row, model_id }) => {
    const job = fromRow(row)
    const receipt = job.result?.receipt as Receipt.Receipt
    const receiptDigest = Receipt.digest(planned.domainSeparator, receipt)
    return Batch.entryOf(receipt, { modelId: BigInt(model_id), salt: job.salt, receiptDigest })
  })
  const claims = rows.map(({ channelId, modelId, seqFrom, seqTo, delta }) => ({
    channelId,
    modelId,
    seqFrom,
    seqTo,
    delta,
  }))
  return Batch.from({ provider: planned.provider, entries, claims })
}
