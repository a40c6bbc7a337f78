import { type Call, Calls, type Chain, type ChannelState, type Relayer, type SessionState } from '../chain/index.ts'
import { Bytes, Cid, type Claim, type Hex, type Release, type Voucher } from '../core/index.ts'
import type { ChannelFacts } from './LedgerJob.ts'

/** A claim with the voucher that covers it. */
export type ClaimRow = { claim: Claim.Claim; claimSignature: Hex; voucher: Voucher.Voucher; voucherSignature: Hex }

/** A channel as the chain has it, with the payer of its session and the model's part of what it pays. */
export type ChainChannel = Omit<ChannelFacts, 'state'> & {
  provider: Hex
  creatorBps: number
  state: ChannelFacts['state'] | 'none'
}

/** Whether one row of a claim was paid, told from the channel and not from any transaction. */
export type RowOutcome = { channel: ChainChannel; paid: boolean }

/** A mined transaction; `announced`: its block says where the batch is. */
export type ClaimSent = { tx: Hex; gasUsed: bigint; announced: boolean }

/** The contracts as a provider uses them. */
export type ClaimChain = {
  channel(channelId: Hex): Promise<ChainChannel>
  session(sessionId: Hex): Promise<SessionState | undefined>
  /** Unix s of the latest block. */
  now(): Promise<bigint>
  /** Waits until mined. Sending the same rows again is harmless: paid ones are skipped. */
  claim(rows: ClaimRow[], cid: string): Promise<ClaimSent>
  claimAndRelease(row: ClaimRow, release: Release.Release, signature: Hex, cid: string): Promise<ClaimSent>
  /** Says on chain where a batch can be read. */
  postBatch(root: Hex, cid: string): Promise<void>
}

/** Reads through `chain` and pays gas through `relayer`. */
export function fromChain(chain: Chain.Chain, relayer: Relayer.Relayer, provider: Hex): ClaimChain {
  // A session's payer never changes.
  const payers = new Map<Hex, Hex>()
  const payerOf = async (session: Hex): Promise<Hex> => {
    const known = payers.get(session)
    if (known) return known
    const payer = (await chain.session(session))?.payer ?? zeroAddress
    if (payer !== zeroAddress) payers.set(session, payer)
    return payer
  }
  const send = (call: Call) => relayer.send(call, { account: provider })
  const sendClaim = async (call: Call, batchRoot: Hex, batchCid: Hex): Promise<ClaimSent> => {
    const { hash, gasUsed, receipt } = await send(call)
    const block = { fromBlock: receipt.blockNumber, toBlock: receipt.blockNumber }
    let announced = false
    for await (const posts of chain.events({ ...block, contracts: ['UsageController'], names: ['BatchPosted'] })) {
      announced ||= posts.some(({ args }) => args.batchRoot === batchRoot && args.batchCid === batchCid)
    }
    return { tx: hash, gasUsed, announced }
  }
  return {
    channel: async (channelId) => {
      const state = await chain.channel(channelId)
      return factsOf(state, state.status === 'none' ? zeroAddress : await payerOf(state.session))
    },
    session: (sessionId) => chain.session(sessionId),
    now: () => chain.now(),
    claim: (rows, cid) => {
      const call = Calls.claim(chain.deployment, rows.map(wire), cidBytes(cid))
      return sendClaim(call, rows[0]?.claim.batchRoot ?? '0x', cidBytes(cid))
    },
    claimAndRelease: (row, release, signature, cid) => {
      const call = Calls.claimAndRelease(chain.deployment, wire(row), release, signature, cidBytes(cid))
      return sendClaim(call, row.claim.batchRoot, cidBytes(cid))
    },
    postBatch: async (root, cid) => void (await send(Calls.postBatch(chain.deployment, root, cidBytes(cid)))),
  }
}

const zeroAddress: Hex = `0x${'0'.repeat(40)}`

const wire = ({ claim, claimSignature, voucher, voucherSignature }: ClaimRow) => ({
  claim,
  claimSig: claimSignature,
  voucher,
  voucherSig: voucherSignature,
})

const cidBytes = (cid: string): Hex => (cid === '' ? '0x' : Bytes.toHex(Cid.bytes(cid)))

const factsOf = ({ id, status, closeAt, ...state }: ChannelState, payer: Hex): ChainChannel => ({
  channelId: id,
  session: state.session,
  provider: state.provider,
  payer,
  key: state.key,
  creatorBps: state.creatorBps,
  modelId: state.modelId,
  lane: state.lane,
  state: status,
  closeAt: closeAt === 0n ? null : closeAt,
  locked: state.locked,
  claimed: state.claimed,
  seq: state.seq,
})

/** Why a row was not paid, in the contract's words. */
export function whyUnpaid(row: { spent: bigint }, channel: ChainChannel, nowSeconds: bigint): string {
  if (channel.state === 'none') return 'UnknownChannel'
  if (channel.state === 'closed') return 'ChannelClosed'
  if (channel.closeAt !== null && nowSeconds >= channel.closeAt) return 'WindowOver'
  if (row.spent <= channel.claimed) return 'NothingNew'
  return row.spent > channel.locked ? 'AboveLocked' : 'BadSignature'
}
