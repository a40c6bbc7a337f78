import { type Address, createPublicClient, encodeDeployData, getContractAddress, type PublicClient } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { Fault, type Hex, NotFound, PaymentNeeded } from '../core/index.ts'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from './abi/index.ts'
import { assertDeployment, assertUsdcDomain } from './assert-deployment.ts'
import * as Deployment from './Deployment.ts'
import * as DevKeys from './DevKeys.ts'
import { nodeTransport } from './transport.ts'
import { devUsdc, usdcSteps } from './usdc-genuine.ts'

export type DeployOptions = {
  rpcUrl: string
  /** Pays the gas. A development key is refused on any chain but the development chain. */
  deployerKey: Hex
  /** The token of a chain without a preset. The development chain gets Circle's own contracts deployed. */
  usdc?: { address: Hex; name: string; version: string }
  /** May pause deposits and set terms of future channels; default: the deployer. */
  owner?: Hex
  /** Receives protocol fees; default: the owner. */
  treasury?: Hex
  /** Default 250 (2.5 %), at most 500. */
  protocolFeeBps?: number
  /** How long a provider may still claim once closing was asked for; 3,600 to 86,400, default 3,600. */
  closeWindowSeconds?: number
  /** How long posts of the oracle and winners of a season can be contested; default 86,400. */
  contestWindowSeconds?: number
  /** USDC minted to each development payer, provider and creator; development chain only. Default 100,000 USDC. */
  fundMicroUsdc?: bigint
  onStep?: (name: string) => void
}

/** One transaction of a deployment; without `to` it creates a contract. */
export type Step = { name: string; to?: Hex; data: Hex }

/**
 * Puts DeHug's contracts on a chain, with USDC first on the development chain. All transactions are sent at once with preset
 * nonces, because the contracts name each other. Throws `DevKeysOffLoopback`, `NoUsdc`, `WrongUsdcDomain`, `DeployerTooPoor`, `DeployFailed`.
 */
export async function deploy(options: DeployOptions): Promise<Deployment.Deployment> {
  const client = createPublicClient({ transport: nodeTransport(options.rpcUrl), pollingInterval: 100 })
  const chainId = await client.getChainId()
  DevKeys.assertNotDevKey(options.deployerKey, chainId)
  const account = privateKeyToAccount(options.deployerKey)
  const token = options.usdc ?? Deployment.preset(chainId)?.usdc
  if (!token && chainId !== DevKeys.devChainId) throw new NoUsdc(chainId)
  if (token) await assertUsdcDomain(client, chainId, token)

  const firstNonce = await client.getTransactionCount({ address: account.address, blockTag: 'pending' })
  const addressOf = (step: number) =>
    getContractAddress({ from: account.address, nonce: BigInt(firstNonce + step) }).toLowerCase() as Hex
  const before = token ? [] : devUsdcSteps(account, addressOf, options.fundMicroUsdc ?? 100_000_000_000n)
  const usdc = token ?? { ...devUsdc, address: addressOf(2) }
  const contracts = contractAddresses(before.length, addressOf, usdc.address)
  const steps = [...before, ...ourSteps(contracts, account, options)]
  const block = await sendAll({ client, account, chainId, firstNonce, steps, onStep: options.onStep })

  const { name, version } = usdc
  const deployment = { chainId, block: Number(block), contracts, usdc: { name, version } }
  await assertDeployment(client, deployment)
  return deployment
}

/**
 * Adds the contracts that a deployment of an earlier version lacks, at the same chain; the others stay as they are. Throws
 * what {@link deploy} throws.
 */
export async function completeDeployment(
  deployment: Deployment.Deployment,
  options: Pick<DeployOptions, 'rpcUrl' | 'deployerKey' | 'contestWindowSeconds' | 'onStep'>,
): Promise<Deployment.Deployment> {
  if (deployment.contracts.EngagementOracle && deployment.contracts.Badges) return deployment
  const client = createPublicClient({ transport: nodeTransport(options.rpcUrl), pollingInterval: 100 })
  await assertDeployment(client, deployment)
  DevKeys.assertNotDevKey(options.deployerKey, deployment.chainId)
  const account = privateKeyToAccount(options.deployerKey)
  const { chainId } = deployment
  const firstNonce = await client.getTransactionCount({ address: account.address, blockTag: 'pending' })
  const addressOf = (step: number) =>
    getContractAddress({ from: account.address, nonce: BigInt(firstNonce + step) }).toLowerCase() as Hex
  const contracts = { ...deployment.contracts, ...signalAddresses(0, addressOf) }
  const steps = signalSteps(contracts, options)
  await sendAll({ client, account, chainId, firstNonce, steps, onStep: options.onStep })
  const complete = { ...deployment, contracts }
  await assertDeployment(client, complete)
  return complete
}

function devUsdcSteps(account: PrivateKeyAccount, addressOf: (step: number) => Hex, microUsdc: bigint): Step[] {
  const funded = DevKeys.all(DevKeys.devChainId).filter(({ role }) => ['payer', 'provider', 'creator'].includes(role))
  return usdcSteps({
    deployer: account.address,
    proxyAdmin: DevKeys.get('usdc-admin', DevKeys.devChainId).address,
    addressOf,
    fund: microUsdc > 0n ? funded.map(({ address }) => ({ to: address, microUsdc })) : [],
  })
}

type Contracts = Deployment.Deployment['contracts']

/** The order in which `ourSteps` creates them. */
const contractAddresses = (first: number, addressOf: (step: number) => Hex, USDC: Hex): Contracts => ({
  ModelNFT: addressOf(first),
  ModelRegistry: addressOf(first + 1),
  RevenueLedger: addressOf(first + 2),
  ProviderRegistry: addressOf(first + 3),
  UsageController: addressOf(first + 4),
  USDC,
  ...signalAddresses(first + 5, addressOf),
})

/** The order in which `signalSteps` creates them. */
const signalAddresses = (first: number, addressOf: (step: number) => Hex) => ({
  EngagementOracle: addressOf(first),
  Badges: addressOf(first + 1),
})

function signalSteps(
  c: Contracts,
  { contestWindowSeconds = 86_400 }: Pick<DeployOptions, 'contestWindowSeconds'>,
): Step[] {
  const window = BigInt(contestWindowSeconds)
  return [
    {
      name: 'EngagementOracle',
      data: encodeDeployData({ ...EngagementOracle, args: [c.ModelRegistry, c.UsageController, window] }),
    },
    { name: 'Badges', data: encodeDeployData({ ...Badges, args: [c.RevenueLedger, c.UsageController, window] }) },
  ]
}

function ourSteps(c: Contracts, account: PrivateKeyAccount, options: DeployOptions): Step[] {
  const owner = options.owner ?? (account.address.toLowerCase() as Hex)
  const terms = [
    owner,
    options.treasury ?? owner,
    options.protocolFeeBps ?? 250,
    options.closeWindowSeconds ?? 3_600,
  ] as const
  return [
    { name: 'ModelNFT', data: encodeDeployData({ ...ModelNFT, args: [c.ModelRegistry, c.RevenueLedger] }) },
    { name: 'ModelRegistry', data: encodeDeployData({ ...ModelRegistry, args: [c.ModelNFT, c.RevenueLedger] }) },
    {
      name: 'RevenueLedger',
      data: encodeDeployData({ ...RevenueLedger, args: [c.USDC, c.ModelNFT, c.ModelRegistry, c.UsageController] }),
    },
    { name: 'ProviderRegistry', data: encodeDeployData({ ...ProviderRegistry, args: [c.USDC, c.UsageController] }) },
    {
      name: 'UsageController',
      data: encodeDeployData({
        ...UsageController,
        args: [c.USDC, c.ModelRegistry, c.RevenueLedger, c.ProviderRegistry, ...terms],
      }),
    },
    ...signalSteps(c, options),
  ]
}

/** Gas that surely suffices: what creating a contract of that size costs, and room for its constructor (EIP-2028, 3541, 3860). */
const gasOf = ({ to, data }: Step): bigint => {
  const bytes = BigInt((data.length - 2) / 2)
  return to ? 400_000n : 53_000n + bytes * (40n + 200n) + 4_000_000n
}

async function sendAll(options: {
  client: PublicClient
  account: PrivateKeyAccount
  chainId: number
  firstNonce: number
  steps: Step[]
  onStep: ((name: string) => void) | undefined
}): Promise<bigint> {
  const { client, account, steps } = options
  const fees = await client.estimateFeesPerGas()
  await assertAffordable(
    client,
    account.address,
    fees.maxFeePerGas * steps.reduce((sum, step) => sum + gasOf(step), 0n),
  )
  const signed = await Promise.all(
    steps.map((step, i) =>
      account.signTransaction({
        ...fees,
        type: 'eip1559',
        chainId: options.chainId,
        nonce: options.firstNonce + i,
        gas: gasOf(step),
        data: step.data,
        ...(step.to ? { to: step.to } : {}),
      }),
    ),
  )
  const hashes = await Promise.all(
    signed.map((serializedTransaction) => client.sendRawTransaction({ serializedTransaction })),
  )
  const receipts = []
  for (const [i, hash] of hashes.entries()) {
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: 180_000 })
    const { name } = steps[i] as Step
    if (receipt.status !== 'success') throw new DeployFailed(name, hash)
    options.onStep?.(name)
    receipts.push(receipt)
  }
  return (receipts[0] as { blockNumber: bigint }).blockNumber
}

async function assertAffordable(client: PublicClient, address: Address, weiNeeded: bigint): Promise<void> {
  const balance = await client.getBalance({ address })
  if (balance < weiNeeded) throw new DeployerTooPoor(address, balance, weiNeeded)
}

/** Nobody said which token is USDC on this chain. */
export class NoUsdc extends NotFound {
  constructor(chainId: number) {
    super(`No USDC is known on chain ${chainId}.`, {
      code: 'no_usdc',
      hint: 'Name it with --usdc <address> --usdc-name <EIP-712 name> --usdc-version <version>.',
      details: { chainId },
    })
  }
}

/** The deployer cannot pay the gas of all transactions. */
export class DeployerTooPoor extends PaymentNeeded {
  constructor(address: string, balanceWei: bigint, neededWei: bigint) {
    super(`The deployer ${address} has ${balanceWei} wei; deploying may take up to ${neededWei}.`, {
      code: 'deployer_too_poor',
      hint: 'Send the deployer more of the chain’s coin and run the same command again.',
      details: { address, balanceWei, neededWei },
    })
  }
}

/** A transaction of the deployment reverted. */
export class DeployFailed extends Fault {
  constructor(step: string, hash: string) {
    super(`Deploying failed at ${step}: transaction ${hash} reverted.`, {
      code: 'deploy_failed',
      details: { step, hash },
    })
  }
}
