import type { PublicClient } from 'viem'
import { Domain, type Hex, VerificationFailed } from '../core/index.ts'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from './abi/index.ts'
import type { Deployment } from './DeploymentShape.ts'
import { NotDeployed } from './DeploymentShape.ts'
import { usdcAbi } from './usdc-abi.ts'

/**
 * Checks that the node serves the deployment's chain, that the contracts are there and name each other, and that USDC signs
 * under the domain we sign for. Throws `ForeignChain`, `NotDeployed`, `WrongWiring`, `WrongUsdcDomain`.
 */
export async function assertDeployment(client: PublicClient, deployment: Deployment): Promise<void> {
  const { chainId, contracts } = deployment
  const [actual, ...codes] = await Promise.all([
    client.getChainId(),
    ...Object.values(contracts).map((address) => client.getCode({ address: address as Hex })),
  ])
  if (actual !== chainId) throw new ForeignChain(chainId, actual)
  if (codes.some((code) => code === undefined || code === '0x')) throw new NotDeployed(chainId)
  await assertUsdcDomain(client, chainId, { ...deployment.usdc, address: contracts.USDC })
  await assertWiring(client, contracts)
}

/** Throws `WrongUsdcDomain` unless the token's DOMAIN_SEPARATOR (EIP-712) is that of the name and version given. */
export async function assertUsdcDomain(
  client: PublicClient,
  chainId: number,
  token: { address: Hex; name: string; version: string },
): Promise<void> {
  const { address, name, version } = token
  const expected = Domain.separator({ name, version, chainId, verifyingContract: address })
  const actual = await client
    .readContract({ address, abi: usdcAbi, functionName: 'DOMAIN_SEPARATOR' })
    .catch((cause) => {
      throw new WrongUsdcDomain(token, chainId, cause)
    })
  if (actual !== expected) throw new WrongUsdcDomain(token, chainId)
}

async function assertWiring(client: PublicClient, c: Deployment['contracts']): Promise<void> {
  const controller = { address: c.UsageController, abi: UsageController.abi } as const
  const ledger = { address: c.RevenueLedger, abi: RevenueLedger.abi } as const
  const pairs: [string, Promise<string>, Hex][] = [
    ['UsageController.usdc', client.readContract({ ...controller, functionName: 'usdc' }), c.USDC],
    ['UsageController.registry', client.readContract({ ...controller, functionName: 'registry' }), c.ModelRegistry],
    ['UsageController.ledger', client.readContract({ ...controller, functionName: 'ledger' }), c.RevenueLedger],
    [
      'UsageController.providers',
      client.readContract({ ...controller, functionName: 'providers' }),
      c.ProviderRegistry,
    ],
    ['RevenueLedger.nft', client.readContract({ ...ledger, functionName: 'nft' }), c.ModelNFT],
    ['RevenueLedger.controller', client.readContract({ ...ledger, functionName: 'controller' }), c.UsageController],
    [
      'ModelRegistry.nft',
      client.readContract({ address: c.ModelRegistry, abi: ModelRegistry.abi, functionName: 'nft' }),
      c.ModelNFT,
    ],
    [
      'ModelNFT.registry',
      client.readContract({ address: c.ModelNFT, abi: ModelNFT.abi, functionName: 'registry' }),
      c.ModelRegistry,
    ],
    [
      'ProviderRegistry.controller',
      client.readContract({ address: c.ProviderRegistry, abi: ProviderRegistry.abi, functionName: 'controller' }),
      c.UsageController,
    ],
  ]
  pairs.push(...signalPairs(client, c))
  const actual = await Promise.all(pairs.map(([, read]) => read))
  const wrong = pairs.flatMap(([name, , expected], i) => (actual[i]?.toLowerCase() === expected ? [] : [name]))
  if (wrong.length > 0) throw new WrongWiring(wrong)
}

function signalPairs(client: PublicClient, c: Deployment['contracts']): [string, Promise<string>, Hex][] {
  const oracle = c.EngagementOracle && ({ address: c.EngagementOracle, abi: EngagementOracle.abi } as const)
  const badges = c.Badges && ({ address: c.Badges, abi: Badges.abi } as const)
  return [
    ...(oracle
      ? ([
          ['EngagementOracle.registry', client.readContract({ ...oracle, functionName: 'registry' }), c.ModelRegistry],
          [
            'EngagementOracle.controller',
            client.readContract({ ...oracle, functionName: 'controller' }),
            c.UsageController,
          ],
        ] satisfies [string, Promise<string>, Hex][])
      : []),
    ...(badges
      ? ([
          ['Badges.ledger', client.readContract({ ...badges, functionName: 'ledger' }), c.RevenueLedger],
          ['Badges.controller', client.readContract({ ...badges, functionName: 'controller' }), c.UsageController],
        ] satisfies [string, Promise<string>, Hex][])
      : []),
  ]
}

/** The node serves another chain than the deployment is on. */
export class ForeignChain extends VerificationFailed {
  constructor(expected: number, actual: number) {
    super(`The node serves chain ${actual}; the deployment is on chain ${expected}.`, {
      code: 'foreign_chain',
      hint: 'Point DEHUG_RPC_URL to a node of the right chain, or use the deployment of that chain.',
      details: { expected, actual },
    })
  }
}

/** USDC there has another EIP-712 domain, so that every signature made for it would be void. */
export class WrongUsdcDomain extends VerificationFailed {
  constructor(token: { address: Hex; name: string; version: string }, chainId: number, cause?: unknown) {
    super(
      `The token ${token.address} on chain ${chainId} does not sign under the EIP-712 domain "${token.name}" version ${token.version}.`,
      {
        code: 'wrong_usdc_domain',
        hint: 'Its name differs between chains ("USD Coin" on Base, "USDC" on Base Sepolia); correct the deployment file.',
        details: { ...token, chainId },
        cause,
      },
    )
  }
}

/** The contracts of the deployment do not belong together. */
export class WrongWiring extends VerificationFailed {
  constructor(names: string[]) {
    super(`The contracts of this deployment do not belong together: ${names.join(', ')} points elsewhere.`, {
      code: 'wrong_wiring',
      hint: 'The deployment file mixes two deployments; deploy again or correct it.',
      details: { names },
    })
  }
}
