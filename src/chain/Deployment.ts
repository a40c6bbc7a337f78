import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { BadInput, type Hex, NotFound, Struct } from '../core/index.ts'

const address = z
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

const usdc = z.object({ name: z.string().min(1), version: z.string().min(1) })

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
  }),
  usdc,
})

/** Where the contracts of one network are. `block` is where their history starts; `usdc` names the token's EIP-712 domain, which differs between chains. */
export type Deployment = z.infer<typeof schema>

const presetSchema = z.object({
  chainId: z.int().positive(),
  name: z.string(),
  rpcUrl: z.url(),
  usdc: usdc.extend({ address }),
})

/** A public chain that DeHug may be deployed on: Circle's USDC there, and a public RPC to read from. */
export type Preset = z.infer<typeof presetSchema>

const folder = fileURLToPath(new URL('../../contracts/deployments', import.meta.url))

/** The file that holds a chain's preset and deployment. */
export const fileOf = (chainId: number): string => join(folder, `${chainId}.json`)

/** Checks plain JSON. Throws `BadInput`. */
export const parse = (json: unknown): Deployment => Struct.parseWith(schema, json, 'deployment')

/** The deployment of a chain id or of a JSON file. Throws `NotDeployed` where there is none. */
export function load(from: number | string): Deployment {
  const path = typeof from === 'number' ? fileOf(from) : from
  const json = readJson(path)
  if (json === undefined || (isRecord(json) && 'usdc' in json && !('contracts' in json))) throw new NotDeployed(from)
  return parse(json)
}

/** What is known about a chain before DeHug is deployed there; undefined for an unknown chain. */
export function preset(chainId: number): Preset | undefined {
  const json = readJson(fileOf(chainId))
  const result = presetSchema.safeParse(json)
  return result.success ? result.data : undefined
}

/** Writes the deployment, keeping the preset's fields of that file. The file appears whole or not at all. */
export function save(deployment: Deployment, path = fileOf(deployment.chainId)): void {
  const kept = readJson(path)
  const { usdc: token, ...rest } = deployment
  const merged = {
    ...(isRecord(kept) ? kept : {}),
    ...rest,
    usdc: { ...token, address: deployment.contracts.USDC },
  }
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, `${JSON.stringify(merged, null, 2)}\n`)
  renameSync(temporary, path)
}

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadInput(`${path} is not JSON.`, { code: 'bad_deployment', cause })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

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
