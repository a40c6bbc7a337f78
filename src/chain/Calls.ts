import { type Abi, type ContractFunctionArgs, type ContractFunctionName, encodeFunctionData } from 'viem'
import type {
  Claim,
  Hex,
  Lock,
  Mint,
  Publish,
  Receipt,
  Register,
  Release,
  RequestClose,
  RevenueWithdraw,
  Revoke,
  SeasonWinner,
  Session,
  SetTerms,
  Signals,
  Voucher,
  Withdraw,
  WithdrawCredit,
} from '../core/index.ts'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from './abi/index.ts'
import { type ContractName, type Deployment, NotDeployed, type SignalContractName } from './DeploymentShape.ts'
import { usdcAbi } from './usdc-abi.ts'

/** One contract call, ready to be signed by whoever pays its gas. */
export type Call = { name: string; to: Hex; data: Hex /** Gas limit; estimated where absent. */; gas?: bigint }

/** A claim, the voucher that covers it, and both signatures. */
export type ClaimRow = { claim: Claim.Claim; claimSig: Hex; voucher: Voucher.Voucher; voucherSig: Hex }

const on =
  <const A extends Abi>(contract: ContractName | SignalContractName, abi: A) =>
  <N extends ContractFunctionName<A, 'nonpayable'>>(
    deployment: Deployment,
    functionName: N,
    args: ContractFunctionArgs<A, 'nonpayable', N>,
  ): Call => {
    const to = deployment.contracts[contract]
    if (to === undefined) throw new NotDeployed(deployment.chainId)
    const data = encodeFunctionData({
      abi: abi as Abi,
      functionName: functionName as string,
      args: args as readonly unknown[],
    })
    return { name: `${contract}.${functionName}`, to, data }
  }

const registry = on('ModelRegistry', ModelRegistry.abi)
const nft = on('ModelNFT', ModelNFT.abi)
const usage = on('UsageController', UsageController.abi)
const revenue = on('RevenueLedger', RevenueLedger.abi)
const providers = on('ProviderRegistry', ProviderRegistry.abi)
const oracle = on('EngagementOracle', EngagementOracle.abi)
const badges = on('Badges', Badges.abi)
const usdc = on('USDC', usdcAbi)

/** The message that a signed function takes as its first argument. */
type Message<A extends Abi, N extends ContractFunctionName<A, 'nonpayable'>> =
  ContractFunctionArgs<A, 'nonpayable', N> extends readonly [infer First, ...unknown[]] ? First : never

type StructOf<N extends ContractFunctionName<typeof ModelRegistry.abi, 'nonpayable'>> = Message<
  typeof ModelRegistry.abi,
  N
>

/** First publish: claims the namespace if free, mints the NFT, anchors version 1. */
export const mint = (d: Deployment, m: Mint.Mint, signature: Hex): Call => registry(d, 'mint', [m, signature])
/** Anchors a further version. */
export const publish = (d: Deployment, p: Publish.Publish, signature: Hex): Call =>
  registry(d, 'publish', [p, signature])
export const setTerms = (d: Deployment, t: SetTerms.SetTerms, signature: Hex): Call =>
  registry(d, 'setTerms', [t, signature])
export const delegate = (d: Deployment, to: StructOf<'delegate'>, signature: Hex): Call =>
  registry(d, 'delegate', [to, signature])
export const setTag = (d: Deployment, t: StructOf<'setTag'>, signature: Hex): Call =>
  registry(d, 'setTag', [t, signature])
export const deprecate = (d: Deployment, t: StructOf<'deprecate'>, signature: Hex): Call =>
  registry(d, 'deprecate', [t, signature])
export const rename = (d: Deployment, r: StructOf<'rename'>, signature: Hex): Call =>
  registry(d, 'rename', [r, signature])
/** Hands the model to another owner; sent by the owner or an approved account. */
export const transferModel = (d: Deployment, from: Hex, to: Hex, modelId: bigint): Call =>
  nft(d, 'safeTransferFrom', [from, to, modelId])

/** Deposits and opens a session on one USDC signature (`Usdc.receiveAuthorization`). Times in unix seconds. */
export const depositWithSession = (
  d: Deployment,
  of: { session: Session.Session; amountMicroUsdc: bigint; validAfter: bigint; validBefore: bigint; signature: Hex },
): Call => usage(d, 'depositWithSession', [of.session, of.amountMicroUsdc, of.validAfter, of.validBefore, of.signature])
/** Opens a session over the payer's free balance. */
export const openSession = (d: Deployment, s: Session.Session, signature: Hex): Call =>
  usage(d, 'openSession', [s, signature])
/** Deposits the sender's USDC (approved before) for a payer. */
export const depositFor = (d: Deployment, payer: Hex, amountMicroUsdc: bigint): Call =>
  usage(d, 'depositFor', [payer, amountMicroUsdc])
/** Opens or tops up a channel; the proof is empty where the session allows all models. */
export const lock = (d: Deployment, l: Lock.Lock, modelProof: readonly Hex[], signature: Hex): Call =>
  usage(d, 'lock', [l, modelProof, signature])
/** Pays providers; a bad row is skipped with a `ClaimSkipped` event. `batchCid` is the CID's bytes, `0x` for none. */
export const claim = (d: Deployment, rows: readonly ClaimRow[], batchCid: Hex): Call =>
  usage(d, 'claim', [rows, batchCid])
/** Pays, gives the rest back to the payer and closes. */
export const claimAndRelease = (
  d: Deployment,
  row: ClaimRow,
  release: Release.Release,
  releaseSig: Hex,
  batchCid: Hex,
): Call => usage(d, 'claimAndRelease', [row, release, releaseSig, batchCid])
/** Says again where the sender's batch can be read. */
export const postBatch = (d: Deployment, batchRoot: Hex, batchCid: Hex): Call =>
  usage(d, 'postBatch', [batchRoot, batchCid])
/** Starts the close window; sent by the payer or session key, or by anyone once the session has ended. */
export const requestClose = (d: Deployment, channelId: Hex): Call => usage(d, 'requestClose', [channelId])
export const requestCloseBySig = (d: Deployment, r: RequestClose.RequestClose, signature: Hex): Call =>
  usage(d, 'requestCloseBySig', [r, signature])
/** Gives back what was not claimed within the window. */
export const finalizeClose = (d: Deployment, channelId: Hex): Call => usage(d, 'finalizeClose', [channelId])
/** Two different receipts of one sequence number. */
export const challenge = (d: Deployment, a: Receipt.Receipt, sigA: Hex, b: Receipt.Receipt, sigB: Hex): Call =>
  usage(d, 'challenge', [a, sigA, b, sigB])
/** A receipt that contradicts the last claim. */
export const challengeClaim = (d: Deployment, r: Receipt.Receipt, signature: Hex): Call =>
  usage(d, 'challengeClaim', [r, signature])
/** Ends a session; sent by its payer. */
export const revoke = (d: Deployment, sessionId: Hex): Call => usage(d, 'revoke', [sessionId])
export const revokeBySig = (d: Deployment, r: Revoke.Revoke, signature: Hex): Call =>
  usage(d, 'revokeBySig', [r, signature])
/** Pays the sender's free balance out. */
export const withdraw = (d: Deployment, amountMicroUsdc: bigint, to: Hex): Call =>
  usage(d, 'withdraw', [amountMicroUsdc, to])
export const withdrawBySig = (d: Deployment, w: Withdraw.Withdraw, signature: Hex): Call =>
  usage(d, 'withdrawBySig', [w, signature])
/** Pays the sender's (provider's) credit out. */
export const withdrawCredit = (d: Deployment, to: Hex, amountMicroUsdc: bigint): Call =>
  usage(d, 'withdrawCredit', [to, amountMicroUsdc])
export const withdrawCreditBySig = (d: Deployment, w: WithdrawCredit.WithdrawCredit, signature: Hex): Call =>
  usage(d, 'withdrawCreditBySig', [w, signature])
/** Moves what models earned to the revenue ledger, should USDC have refused during a claim. */
export const forwardRevenue = (d: Deployment): Call => usage(d, 'forwardRevenue', [])

/** Pays the sender's creator and holder credit out. */
export const withdrawRevenue = (d: Deployment, to: Hex, amountMicroUsdc: bigint): Call =>
  revenue(d, 'withdraw', [to, amountMicroUsdc])
export const withdrawRevenueBySig = (d: Deployment, w: RevenueWithdraw.RevenueWithdraw, signature: Hex): Call =>
  revenue(d, 'withdrawBySig', [w, signature])
export const reduceShare = (d: Deployment, r: Message<typeof RevenueLedger.abi, 'reduceShare'>, signature: Hex): Call =>
  revenue(d, 'reduceShare', [r, signature])
/** Moves a creator's earnings of these models into their credit. */
export const collect = (d: Deployment, account: Hex, modelIds: readonly bigint[]): Call =>
  revenue(d, 'collect', [account, modelIds])
/** Sweeps USDC royalties of a model's sales into its Creator ledger. */
export const sweepRoyalty = (d: Deployment, modelId: bigint): Call => revenue(d, 'sweepRoyalty', [modelId])

/** Announces or changes a provider's URL. */
export const register = (d: Deployment, r: Register.Register, signature: Hex): Call =>
  providers(d, 'register', [r, signature])
/** Adds stake on the provider's own USDC signature (EIP-3009, `to` is ProviderRegistry). */
export const stakeWithAuthorization = (
  d: Deployment,
  of: {
    provider: Hex
    amountMicroUsdc: bigint
    validAfter: bigint
    validBefore: bigint
    nonce: Hex
    signature: Hex
  },
): Call =>
  providers(d, 'stakeWithAuthorization', [
    of.provider,
    of.amountMicroUsdc,
    of.validAfter,
    of.validBefore,
    of.nonce,
    of.signature,
  ])
export const unbond = (d: Deployment, u: Message<typeof ProviderRegistry.abi, 'unbond'>, signature: Hex): Call =>
  providers(d, 'unbond', [u, signature])
/** Pays unbonded stake out once its time is over. */
export const finishUnbond = (d: Deployment, provider: Hex): Call => providers(d, 'finishUnbond', [provider])

export const approveUsdc = (d: Deployment, spender: Hex, microUsdc: bigint): Call =>
  usdc(d, 'approve', [spender, microUsdc])
export const transferUsdc = (d: Deployment, to: Hex, microUsdc: bigint): Call => usdc(d, 'transfer', [to, microUsdc])
/** Makes development USDC; sent by the development deployer. */
export const mintUsdc = (d: Deployment, to: Hex, microUsdc: bigint): Call => usdc(d, 'mint', [to, microUsdc])

/** Says the roots of a UTC day in the sender's name; see `Signals.roots`. */
export const postSignals = (d: Deployment, epoch: number, of: Signals.Roots, dataCid: Hex): Call =>
  oracle(d, 'post', [BigInt(epoch), of.pulls, of.usage, of.scores, dataCid])
/** Takes a score of a posted day over, once its window is over. */
export const recordScore = (
  d: Deployment,
  poster: Hex,
  epoch: number,
  score: Signals.Score,
  proof: readonly Hex[],
): Call => oracle(d, 'record', [poster, BigInt(epoch), score, proof])
/** Awards `Creator` to whoever has a share in a model. */
export const awardCreator = (d: Deployment, account: Hex, modelId: bigint): Call =>
  badges(d, 'awardCreator', [account, modelId])
/** Awards `Patron` (2) or `Host` (3) for channels that come to one USDC, given in rising order. */
export const awardUsage = (d: Deployment, kind: 2 | 3, account: Hex, channelIds: readonly Hex[]): Call =>
  badges(d, 'awardUsage', [kind, account, channelIds])
/** Names the winners of a season that is over in the sender's name; see `SeasonWinner.root`. */
export const publishSeason = (d: Deployment, season: number, root: Hex, dataCid: Hex): Call =>
  badges(d, 'publishSeason', [BigInt(season), root, dataCid])
/** Awards a place of a season to its winner, once the window of the issuer's winners is over. */
export const awardSeason = (
  d: Deployment,
  issuer: Hex,
  winner: SeasonWinner.SeasonWinner,
  proof: readonly Hex[],
): Call => badges(d, 'awardSeason', [issuer, winner, proof])
/** Gives a badge up for ever; sent by its holder. */
export const burnBadge = (d: Deployment, tokenId: bigint): Call => badges(d, 'burn', [tokenId])
