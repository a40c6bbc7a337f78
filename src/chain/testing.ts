import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Core from '../core/index.ts'
import {
  Channel,
  type Claim,
  Domain,
  type Hex,
  type Lock,
  type Mint,
  RepoId,
  Session,
  type Voucher,
} from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { Calls, Chain, DevChain, DevKeys, deploy, RelayBudget, Relayer, Usdc } from './index.ts'

/** A fresh development chain with everything deployed, for tests. */
export async function startNetwork() {
  const home = await mkdtemp(join(tmpdir(), 'dehug-chain-'))
  const node = await DevChain.start({ home, blockTimeSeconds: 1 })
  const deployment = await deploy({ rpcUrl: node.rpcUrl, deployerKey: keyOf('deployer') })
  const chain = await Chain.connect({ rpcUrl: node.rpcUrl, deployment })
  const relayer = await Relayer.start({ chain, key: keyOf('relayer'), budget: RelayBudget.inMemory({ now: Date.now }) })
  return {
    home,
    node,
    deployment,
    chain,
    relayer,
    async [Symbol.asyncDispose]() {
      await relayer.stop()
      await node.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export type Network = Awaited<ReturnType<typeof startNetwork>>

export const keyOf = (name: DevKeys.DevName): Hex => DevKeys.get(name, DevKeys.devChainId).privateKey
export const signerOf = (name: DevKeys.DevName) => NativeSigner.from(keyOf(name))

export const word = (value: number | bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`
export const anyModel = word(0)
export const inAnHour = () => BigInt(Math.floor(Date.now() / 1000) + 3_600)

/** Publishes a one-version model of the account; each name once a network. */
export async function mintModel(network: Network, name: string, owner: DevKeys.DevName = 'dehug') {
  const signer = signerOf(owner)
  const repo = RepoId.parse(`model:${owner}/${name}`)
  const mint: Mint.Mint = {
    repo: RepoId.key(repo),
    manifestCid: '0x01551220' as Hex,
    root: Core.Hash.keccak256(Core.Bytes.utf8(name)),
    fileCount: 3n,
    owner: signer.address,
    creators: [signer.address],
    shares: [10_000],
    creatorBps: 2_000,
    creatorShareBps: 5_000,
    royaltyBps: 500,
    deadline: inAnHour(),
  }
  const domain = Domain.separator(Domain.registry(network.chain.chainId, network.deployment.contracts.ModelRegistry))
  const signature = signer.sign(Core.Mint.digest(domain, mint))
  const sent = await network.relayer.send(Calls.mint(network.deployment, mint, signature), { account: signer.address })
  return { repo, mint, modelId: RepoId.modelId(repo), sent }
}

/** A payer's session with a fresh key, and the call that deposits and opens it on one signature. */
export function newSession(
  network: Network,
  of: { payer: DevKeys.DevName; salt: number; microUsdc: bigint; cap?: bigint },
) {
  const payer = signerOf(of.payer)
  const key = NativeSigner.from(Core.Hash.keccak256(Core.Bytes.utf8(`${of.payer} session ${of.salt}`)))
  const session: Session.Session = {
    payer: payer.address,
    key: key.address,
    cap: of.cap ?? of.microUsdc,
    expiry: inAnHour(),
    modelsRoot: anyModel,
    salt: word(of.salt),
  }
  const sessionId = Session.structHash(session)
  const { deployment } = network
  const terms = { deployment, payer: payer.address, sessionId, amountMicroUsdc: of.microUsdc, validBefore: inAnHour() }
  const { message, digest } = Usdc.receiveAuthorization(terms)
  const call = Calls.depositWithSession(deployment, {
    session,
    amountMicroUsdc: of.microUsdc,
    validAfter: message.validAfter,
    validBefore: message.validBefore,
    signature: payer.sign(digest),
  })
  return { session, sessionId, key, payer, call }
}

export type Opened = ReturnType<typeof newSession>

const usageDomain = ({ chain, deployment }: Network) =>
  Domain.separator(Domain.usage(chain.chainId, deployment.contracts.UsageController))

export function newLock(
  network: Network,
  opened: Opened,
  of: { provider: Hex; modelId: bigint; add: bigint; lane?: number; nonce?: bigint },
) {
  const lock: Lock.Lock = {
    session: opened.sessionId,
    provider: of.provider,
    modelId: of.modelId,
    lane: of.lane ?? 0,
    add: of.add,
    maxCreatorBps: 2_000,
    nonce: of.nonce ?? BigInt(of.lane ?? 0),
    deadline: inAnHour(),
  }
  const signature = opened.key.sign(Core.Lock.digest(usageDomain(network), lock))
  const { chainId } = network.chain
  const controller = network.deployment.contracts.UsageController
  const { session, provider, modelId, lane } = lock
  const channelId = Channel.id({ chainId, controller, session, provider, modelId, lane })
  return { lock, signature, channelId, call: Calls.lock(network.deployment, lock, [], signature) }
}

/** A claim of `spent` with the voucher that allows it. */
export function newClaimRow(
  network: Network,
  opened: Opened,
  of: { provider: DevKeys.DevName; channelId: Hex; seq: bigint; spent: bigint },
): Calls.ClaimRow {
  const domain = usageDomain(network)
  const claim: Claim.Claim = { channelId: of.channelId, seq: of.seq, spent: of.spent, batchRoot: word(7) }
  const voucher: Voucher.Voucher = { channelId: of.channelId, n: of.seq, ceiling: of.spent, context: word(9) }
  return {
    claim,
    claimSig: signerOf(of.provider).sign(Core.Claim.digest(domain, claim)),
    voucher,
    voucherSig: opened.key.sign(Core.Voucher.digest(domain, voucher)),
  }
}
