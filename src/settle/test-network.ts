import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Calls, Chain, DevChain, DevKeys, deploy, RelayBudget, Relayer, Usdc } from '../chain/index.ts'
import {
  Bytes,
  Channel,
  Cid,
  Domain,
  Hash,
  type Hex,
  Job,
  Lock,
  Mint,
  RepoId,
  Session,
  UnixFs,
  Voucher,
} from '../core/index.ts'
import type { NewJob } from './LedgerJob.ts'
import * as NativeSigner from './NativeSigner.ts'
import { hex32 } from './testing.ts'

const zero = hex32(0)
const farAway = 4_000_000_000n

/** A real chain with our contracts, genuine USDC, and a relayer. */
export async function testNetwork(options: { blockTimeSeconds?: number } = {}) {
  const home = await mkdtemp(join(tmpdir(), 'dehug-chain-'))
  const dev = await DevChain.start({ home, blockTimeSeconds: options.blockTimeSeconds ?? 0.2 })
  const deployerKey = DevKeys.get('deployer', 31337).privateKey
  const deployment = await deploy({ rpcUrl: dev.rpcUrl, deployerKey })
  await writeFile(join(home, 'deployment.json'), JSON.stringify(deployment))
  const chain = await Chain.connect({ rpcUrl: dev.rpcUrl, deployment })
  const relayer = await Relayer.start({
    chain,
    key: DevKeys.get('relayer', 31337).privateKey,
    budget: RelayBudget.inMemory({ now: Date.now }),
  })
  const { contracts, chainId } = deployment
  return {
    home,
    dev,
    deployment,
    chain,
    relayer,
    usage: Domain.separator(Domain.usage(chainId, contracts.UsageController)),
    registry: Domain.separator(Domain.registry(chainId, contracts.ModelRegistry)),
    send: (call: ReturnType<typeof Calls.claim>) => relayer.send(call, { account: 'test' }),
    stop: async () => {
      await relayer.stop()
      await dev.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export type TestNetwork = Awaited<ReturnType<typeof testNetwork>>

export const signerOf = (name: Parameters<typeof DevKeys.get>[0]) =>
  NativeSigner.from(DevKeys.get(name, 31337).privateKey)

/** Mints a model whose manifest is the given text; returns its id. */
export async function mintModel(
  network: TestNetwork,
  repo: string,
  options: {
    creators?: Hex[]
    shares?: number[]
    creatorBps?: number
    root?: Hex
    manifest?: string
    fileCount?: number
    owner?: NativeSigner.NativeSigner
  } = {},
): Promise<bigint> {
  const owner = options.owner ?? signerOf('dehug')
  const manifest = Bytes.utf8(options.manifest ?? `manifest of ${repo}`)
  const { root: cid } = UnixFs.fileDag([{ digest: Bytes.fromHex(Hash.sha256(manifest)), size: manifest.length }])
  const mint: Mint.Mint = {
    repo: RepoId.key(RepoId.parse(repo)),
    manifestCid: Bytes.toHex(Cid.bytes(cid)),
    root: options.root ?? hex32(9),
    fileCount: BigInt(options.fileCount ?? 1),
    owner: owner.address,
    creators: options.creators ?? [owner.address],
    shares: options.shares ?? [10_000],
    creatorBps: options.creatorBps ?? 2_000,
    creatorShareBps: 5_000,
    royaltyBps: 500,
    deadline: farAway,
  }
  await network.send(Calls.mint(network.deployment, mint, owner.sign(Mint.digest(network.registry, mint))))
  return RepoId.modelId(RepoId.parse(repo))
}

/** Deposits and opens a session of a payer for a fresh key, on one signature. */
export async function openSession(
  network: TestNetwork,
  options: { payer?: NativeSigner.NativeSigner; key: NativeSigner.NativeSigner; amount?: bigint },
) {
  const payer = options.payer ?? signerOf('alice')
  const amountMicroUsdc = options.amount ?? 100_000_000n
  const session: Session.Session = {
    payer: payer.address,
    key: options.key.address,
    cap: amountMicroUsdc,
    expiry: farAway,
    modelsRoot: zero,
    salt: hex32(BigInt(Date.now()) * 1000n + BigInt(Math.floor(performance.now() * 1000) % 1000)),
  }
  const sessionId = Session.structHash(session)
  const { digest } = Usdc.receiveAuthorization({
    deployment: network.deployment,
    payer: payer.address,
    sessionId,
    amountMicroUsdc,
    validBefore: farAway,
  })
  const signature = payer.sign(digest)
  const call = { session, amountMicroUsdc, validAfter: 0n, validBefore: farAway, signature }
  await network.send(Calls.depositWithSession(network.deployment, call))
  return { sessionId, session, payer, key: options.key }
}

export type TestSession = Awaited<ReturnType<typeof openSession>>

let nonce = 1n

/** Locks money on a channel; returns its id. */
export async function lockChannel(
  network: TestNetwork,
  session: TestSession,
  of: { provider: Hex; modelId: bigint; lane?: number; add?: bigint },
): Promise<Hex> {
  const { chainId, contracts } = network.deployment
  const lane = of.lane ?? 0
  nonce += 1n
  const lock: Lock.Lock = {
    session: session.sessionId,
    provider: of.provider,
    modelId: of.modelId,
    lane,
    add: of.add ?? 1_000_000n,
    maxCreatorBps: 10_000,
    nonce,
    deadline: farAway,
  }
  await network.send(Calls.lock(network.deployment, lock, [], session.key.sign(Lock.digest(network.usage, lock))))
  const terms = { session: session.sessionId, provider: of.provider, modelId: of.modelId, lane }
  return Channel.id({ chainId, controller: contracts.UsageController, ...terms })
}

/** A job with its voucher, outside any offer. */
export function jobOn(
  network: TestNetwork,
  session: TestSession,
  channelId: Hex,
  of: { n: bigint; ceiling: bigint; maxFee: bigint; key?: string },
): NewJob {
  const jobId = Job.id(session.payer.address, of.key ?? `${channelId} ${of.n}`)
  const salt = hex32(of.n + 77n)
  const requestHash = Job.requestHash(salt, { ask: `${of.n}` })
  const voucher = { channelId, n: of.n, ceiling: of.ceiling, context: Job.context(jobId, zero, requestHash) }
  return {
    channelId,
    jobId,
    offerHash: zero,
    requestHash,
    salt,
    versionRoot: hex32(9),
    maxFeeMicroUsdc: of.maxFee,
    voucher,
    voucherSignature: session.key.sign(Voucher.digest(network.usage, voucher)),
    startedAt: Date.now(),
  }
}
