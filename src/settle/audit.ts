import { writeFile } from 'node:fs/promises'
import type { Chain } from '../chain/index.ts'
import { type Batch, type Hex, VerificationFailed } from '../core/index.ts'
import { type BlobSources, readBatch } from './AuditBlobs.ts'
import { datasetOf, type Totals, totalsOf } from './AuditDataset.ts'
import { applyEvent } from './apply-event.ts'
import { compareWithChain } from './compare-with-chain.ts'
import * as Replay from './Replay.ts'

export type AuditOptions = BlobSources & {
  chain: Chain.Chain
  /** Batches claimed before this time (unix s) are not read again; balances are always replayed from the beginning. */
  since?: number | undefined
  /** Last block of the dataset; default: the head. */
  toBlock?: bigint | undefined
  /** File for the dataset: NDJSON, the same bytes on each run for the same `toBlock` and `since`. */
  out?: string | undefined
}

export type AuditResult = {
  ok: boolean
  differences: Replay.Difference[]
  totals: Totals
  fromBlock: bigint
  toBlock: bigint
  /** Batches that were read back. */
  batches: number
}

/**
 * Recomputes what every provider, creator, holder and payer has, from the chain's events and the batches they name
 * alone, and compares it with the contracts' own numbers to the unit.
 */
export async function audit(options: AuditOptions): Promise<AuditResult> {
  const { chain } = options
  const toBlock = options.toBlock ?? (await chain.blockNumber())
  const fromBlock = BigInt(chain.deployment.block)
  const replay = Replay.start()
  await replayTo(chain, replay, fromBlock, toBlock)
  const since = BigInt(options.since ?? 0)
  const blobs = await readBatches(replay, since, options)
  const totals = totalsOf(replay)
  const chainId = chain.chainId
  const controller = chain.deployment.contracts.UsageController
  if (options.out) {
    await writeFile(options.out, datasetOf({ replay, blobs, totals, since, chainId, controller, fromBlock, toBlock }))
  }
  await compareAtHead(chain, replay, toBlock)
  const { differences } = replay
  return { ok: differences.length === 0, differences, totals, fromBlock, toBlock, batches: blobs.size }
}

/** Throws {@link AuditFailed} unless an audit found nothing. */
export function assertClean(result: AuditResult): void {
  if (!result.ok) throw new AuditFailed(result.differences)
}

async function replayTo(
  chain: Chain.Chain,
  replay: Replay.Replay,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<number> {
  let count = 0
  for await (const events of chain.events({ fromBlock, toBlock })) {
    for (const event of events) applyEvent(replay, event)
    count += events.length
  }
  return count
}

/** The contracts are read at the head, so the replay must be there too: what happens meanwhile is replayed and read again. */
async function compareAtHead(chain: Chain.Chain, replay: Replay.Replay, replayedTo: bigint): Promise<void> {
  let at = replayedTo
  for (let attempt = 0; ; attempt += 1) {
    const before = await chain.blockNumber()
    if (before > at) await replayTo(chain, replay, at + 1n, before)
    const found = await compareWithChain(chain, replay)
    const after = await chain.blockNumber()
    const news = after > before ? await replayTo(chain, replay, before + 1n, after) : 0
    at = after
    if (news === 0 || found.length === 0 || attempt === 20) {
      replay.differences.push(...found)
      return
    }
  }
}

async function readBatches(replay: Replay.Replay, since: bigint, sources: BlobSources): Promise<Map<Hex, Batch.Batch>> {
  const claims = groupByRoot(replay.claims.filter(({ timestamp }) => timestamp >= since))
  const urls = [...replay.urls.values()].filter((url) => /^https?:\/\/[^/]+/.test(url))
  const everywhere = { ...sources, sources: [...new Set([...(sources.sources ?? []), ...urls])] }
  const blobs = new Map<Hex, Batch.Batch>()
  for (const [root, paid] of claims) {
    const cids = replay.posts.filter(({ batchRoot }) => batchRoot === root).map(({ batchCid }) => batchCid)
    const batch = await readBatch(root, [...new Set(cids)], everywhere)
    if ('why' in batch) {
      Replay.differ(replay, 'batch_unreadable', root, 'the receipts of the claim', batch.why, paid[0]?.tx)
      continue
    }
    blobs.set(root, batch)
    checkCount(replay, root, batch, paid[0]?.tx)
    for (const claim of paid) checkRow(replay, batch, claim)
  }
  checkReceiptsOnce(replay, blobs, since)
  return blobs
}

function groupByRoot(claims: Replay.PaidClaim[]): Map<Hex, Replay.PaidClaim[]> {
  const groups = new Map<Hex, Replay.PaidClaim[]>()
  for (const claim of claims) groups.set(claim.batchRoot, [...(groups.get(claim.batchRoot) ?? []), claim])
  return groups
}

/** A batch shows every receipt of the rows it claims, also those that cost nothing. */
function checkCount(replay: Replay.Replay, root: Hex, { entries, claims }: Batch.Batch, tx: Hex | undefined): void {
  const receipts = claims.reduce((sum, { seqFrom, seqTo }) => sum + seqTo - seqFrom, 0n)
  if (receipts !== BigInt(entries.length)) {
    Replay.differ(replay, 'batch_count', root, `${receipts} receipts`, `${entries.length} receipts`, tx)
  }
}

/** The chain counts the first receipt in, a batch counts it out. */
function checkRow(replay: Replay.Replay, batch: Batch.Batch, claim: Replay.PaidClaim): void {
  const { channelId, tx } = claim
  const row = batch.claims.find((one) => one.channelId === channelId)
  const expected = `${claim.modelId} ${claim.seqFrom} ${claim.seqTo} ${claim.delta}`
  const found = row ? `${row.modelId} ${row.seqFrom + 1n} ${row.seqTo} ${row.delta}` : 'no row'
  if (expected !== found) Replay.differ(replay, 'batch_row', channelId, expected, found, tx)
  if (batch.provider !== claim.provider) {
    Replay.differ(replay, 'batch_provider', claim.batchRoot, claim.provider, batch.provider, tx)
  }
}

/**
 * Rows that the chain skipped are claimed again with the same receipts. So for each provider and model the fees of all
 * different receipts are what was paid, plus the rows that were never paid.
 */
function checkReceiptsOnce(replay: Replay.Replay, blobs: Map<Hex, Batch.Batch>, since: bigint): void {
  const fees = new Map<string, bigint>()
  const paid = new Map<string, bigint>()
  const add = (sums: Map<string, bigint>, key: string, amount: bigint) => sums.set(key, (sums.get(key) ?? 0n) + amount)
  const seen = new Set<string>()
  for (const { provider, entries } of blobs.values()) {
    for (const { tag, commit, modelId, fee } of entries) {
      if (seen.has(`${provider}${tag}${commit}`)) continue
      seen.add(`${provider}${tag}${commit}`)
      add(fees, `${provider} ${modelId}`, fee)
    }
  }
  for (const { provider, modelId, delta, timestamp, batchRoot } of replay.claims) {
    if (timestamp >= since && blobs.has(batchRoot)) add(paid, `${provider} ${modelId}`, delta)
  }
  for (const [channelId, unpaid] of neverPaid(replay, blobs)) {
    const channel = replay.channels.get(channelId)
    if (channel) add(paid, `${channel.provider} ${channel.modelId}`, unpaid)
  }
  for (const key of new Set([...fees.keys(), ...paid.keys()])) {
    const [expected, found] = [paid.get(key) ?? 0n, fees.get(key) ?? 0n]
    if (expected !== found) Replay.differ(replay, 'receipts', key, `${expected}`, `${found}`)
  }
}

/** What batches asked for on a channel beyond what the chain paid there. */
function neverPaid(replay: Replay.Replay, blobs: Map<Hex, Batch.Batch>): Map<Hex, bigint> {
  const asked = new Map<Hex, bigint>()
  for (const { claims } of blobs.values()) {
    for (const { channelId, seqFrom, seqTo, delta } of claims) {
      const channel = replay.channels.get(channelId)
      if (!channel || seqTo <= channel.seq) continue
      const total = (channel.claimedAt.get(seqFrom) ?? 0n) + delta
      const most = asked.get(channelId) ?? 0n
      asked.set(channelId, total - channel.claimed > most ? total - channel.claimed : most)
    }
  }
  return asked
}

/** Chain, batches and receipts do not agree. */
export class AuditFailed extends VerificationFailed {
  constructor(differences: Replay.Difference[]) {
    const [first] = differences
    const more = differences.length > 1 ? ` and ${differences.length - 1} more` : ''
    super(
      `The books do not add up: ${first?.kind} of ${first?.subject} is ${first?.found}, expected ${first?.expected}${more}.`,
      {
        code: 'audit_failed',
        hint: 'Each difference names its transaction; the dataset file holds every row that was replayed.',
        details: { differences },
      },
    )
  }
}
