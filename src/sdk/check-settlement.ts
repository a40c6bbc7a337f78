import type { ChainEvent } from '../chain/web.ts'
import { Batch, Bytes, Cid, Domain, type Hex, Merkle, Receipt, VerificationFailed, Voucher } from '../core/index.ts'
import type { GatewayWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'
import { type Rule, rulesOf, signedBy } from './check-receipt.ts'
import { digestBytes } from './digest-bytes.ts'
import * as Ledger from './Ledger.ts'

/** A claim as the chain has it, with the batch of receipts it names and what was checked about both. */
export type Settlement = {
  claim: ChainEvent<'UsageController', 'Claimed'>
  batch: Batch.Batch
  /** CID of the batch's text. */
  cid: string
  rules: Rule[]
}

/** Reads the bytes of a batch from wherever; they are checked against its CID. Throws where it has none. */
export type ReadBlob = (of: { cid: string; root: Hex; provider: Hex }) => Promise<Uint8Array>

/** What became of a receipt on chain; `settlement` is undefined while its provider has not claimed it. */
export type ReceiptSettlement = { rules: Rule[]; settlement: Settlement | undefined; proof: Hex[] }

/**
 * Finds the claim of a channel that covers a receipt by its number, in the chain's own events, reads the batch that it
 * names from anywhere and checks it against the root on chain. Undefined where nothing was claimed yet.
 */
export async function checkClaim(
  connection: Connection,
  of: { channelId: Hex; seq: bigint },
  readBlob?: ReadBlob,
): Promise<Settlement | undefined> {
  const claim = await claimOf(connection, of)
  if (!claim) return undefined
  const { batch, cid } = await readBatch(connection, claim.args, readBlob)
  const { delta, providerAmount, modelAmount, feeAmount, seqFrom, seqTo, modelId } = claim.args
  const row = batch.claims.find(({ channelId }) => channelId === of.channelId)
  const same =
    row && row.delta === delta && row.seqFrom + 1n === seqFrom && row.seqTo === seqTo && row.modelId === modelId
  return {
    claim,
    batch,
    cid,
    rules: [
      { name: 'batch is what its address says', holds: true },
      { name: 'batch has the root on chain', holds: Batch.root(batch) === claim.args.batchRoot },
      { name: 'batch is of the same provider', holds: batch.provider === claim.args.provider },
      { name: 'claim is in the batch, to the unit', holds: same === true },
      { name: 'payout lines add up to the claim', holds: delta === providerAmount + modelAmount + feeAmount },
    ],
  }
}

/** Rechecks a receipt from its signatures to its place in the batch on chain, with the chain's own answers. */
export async function checkSettlement(
  connection: Connection,
  view: GatewayWire.ReceiptView,
  readBlob?: ReadBlob,
): Promise<ReceiptSettlement> {
  const { chain, deployment } = await Ledger.open(connection)
  const { receipt, voucher, offer } = view
  const separator = Domain.separator(Domain.usage(deployment.chainId, deployment.contracts.UsageController))
  const channel = await chain.channel(receipt.channelId)
  const rules = [
    ...(await rulesOf(connection, view)),
    { name: 'channel on chain', holds: channel.status !== 'none' && channel.provider === offer.provider },
    {
      name: "voucher signed by the channel's key",
      holds: signedBy(channel.key, Voucher.digest(separator, voucher), view.voucherSignature),
    },
    { name: 'spent within the ceiling', holds: receipt.spent <= voucher.ceiling && voucher.ceiling <= channel.locked },
  ]
  const settlement = await checkClaim(connection, receipt, readBlob)
  if (!settlement) return { rules, settlement, proof: [] }
  const facts = { modelId: offer.modelId, salt: view.salt, receiptDigest: Receipt.digest(separator, receipt) }
  const entry = Batch.entryOf(receipt, facts)
  const proof = proofOf(settlement.batch, entry)
  const { batchRoot } = settlement.claim.args
  const included = proof !== undefined && Merkle.verify(batchRoot, Batch.entryLeaf(entry), proof)
  return {
    rules: [...rules, ...settlement.rules, { name: 'receipt is in the batch', holds: included }],
    settlement,
    proof: proof ?? [],
  }
}

function proofOf(batch: Batch.Batch, entry: Batch.Entry): Hex[] | undefined {
  try {
    return Batch.proof(batch, entry)
  } catch {
    return undefined
  }
}

async function claimOf(
  connection: Connection,
  { channelId, seq }: { channelId: Hex; seq: bigint },
): Promise<ChainEvent<'UsageController', 'Claimed'> | undefined> {
  const { chain } = await Ledger.open(connection)
  const filter = { contracts: ['UsageController'], names: ['Claimed'], args: { channelId } } as const
  for await (const events of chain.events<'UsageController', 'Claimed'>(filter)) {
    const found = events.find(({ args }) => args.seqFrom <= seq && seq <= args.seqTo)
    if (found) return found
  }
  return undefined
}

/** Reads the batch that a claim names from where its provider said on chain that it is. Throws {@link BatchMissing}. */
async function readBatch(
  connection: Connection,
  { batchRoot: root, provider }: { batchRoot: Hex; provider: Hex },
  readBlob: ReadBlob = (of) => fromHubOrProvider(connection, of),
): Promise<{ batch: Batch.Batch; cid: string }> {
  for (const args of await placesOf(connection, root, provider)) {
    const cid = Cid.toString(Cid.fromBytes(Bytes.fromHex(args.batchCid)))
    const bytes = await readBlob({ cid, root, provider: args.provider }).catch(() => undefined)
    const batch = bytes && digestBytes(bytes).cid === cid ? parseBatch(bytes) : undefined
    if (batch && Batch.root(batch) === root) return { batch, cid }
  }
  throw new BatchMissing(root)
}

const mostPlaces = 20

/** Anybody may announce a place for any root: the word of who claims comes first, and only so many are followed. */
async function placesOf(connection: Connection, batchRoot: Hex, provider: Hex) {
  const { chain } = await Ledger.open(connection)
  const filter = { contracts: ['UsageController'], names: ['BatchPosted'], args: { batchRoot } } as const
  const places: { provider: Hex; batchCid: Hex }[] = []
  for await (const events of chain.events<'UsageController', 'BatchPosted'>(filter))
    places.push(...events.map(({ args }) => args))
  const isClaimers = (place: { provider: Hex }) => Number(place.provider === provider)
  return places.sort((a, b) => isClaimers(b) - isClaimers(a)).slice(0, mostPlaces)
}

function parseBatch(bytes: Uint8Array): Batch.Batch | undefined {
  try {
    return Batch.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

async function fromHubOrProvider(
  connection: Connection,
  { cid, provider }: { cid: string; provider: Hex },
): Promise<Uint8Array> {
  const stored = await connection.hub.response(`/ipfs/${cid}`).catch(() => undefined)
  if (stored) return new Uint8Array(await stored.arrayBuffer())
  const { chain } = await Ledger.open(connection)
  const origin = (await chain.provider(provider))?.url ?? ''
  const answer = await connection.fetch(`${origin.replace(/\/+$/, '')}/ipfs/${cid}`)
  return new Uint8Array(await answer.arrayBuffer())
}

/** No place that was announced on chain has the batch behind a root. */
export class BatchMissing extends VerificationFailed {
  constructor(root: Hex) {
    super(`The batch of receipts with root ${root} is nowhere where its provider said.`, {
      code: 'batch_missing',
      hint: 'Ask another hub, or the provider; the claim on chain names the batch for ever.',
    })
  }
}
