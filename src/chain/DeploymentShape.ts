import { z } from 'zod'
import { type Hex, NotFound, Struct } from '../core/index.ts'

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hexadecimal digits')
  .transform((text) => text.toLowerCase() as Hex)

export const contractNames = [
  'ModelRegistry',
  'ModelNFT',
  'RevenueLedger',
  'ProviderRegistry',
  'UsageController',
  'USDC',
] as const
export type ContractName = (typeof contractNames)[number]

/** Contracts that a deployment of an earlier version may lack; `completeDeployment` adds them. No money depends on them. */
export const signalContractNames = ['EngagementOracle', 'Badges'] as const
export type SignalContractName = (typeof signalContractNames)[number]

export const usdc = z.object({ name: z.string().min(1), version: z.string().min(1) })

export const schema = z.object({
  chainId: z.int().positive(),
  block: z.int().nonnegative(),
  contracts: z.object({
    ModelRegistry: address,
    ModelNFT: address,
    RevenueLedger: address,
    ProviderRegistry: address,
    UsageController: address,
    USDC: address,
    EngagementOracle: address.exactOptional(),
    Badges: address.exactOptional(),
  }),
  usdc,
})

/** Where the contracts of one network are. `block` is where their history starts; `usdc` names the token's EIP-712 domain, which differs between chains. */
export type Deployment = z.infer<typeof schema>

/** Checks plain JSON. Throws `BadInput`. */
export const parse = (json: unknown): Deployment => Struct.parseWith(schema, json, 'deployment')

/** The contracts are not on this chain, or nobody said where. */
export class NotDeployed extends NotFound {
  constructor(where: number | string) {
    super(
      typeof where === 'number'
        ? `DeHug's contracts are not deployed on chain ${where}.`
        : `There is no deployment at ${where}.`,
      {
        code: 'not_deployed',
        hint: 'Deploy with `node --import tsx scripts/deploy.ts --rpc-url <url>`, or point to a deployment file.',
        details: { where },
      },
    )
  }
}
