import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { BadInput } from '../core/index.ts'
import { address, type Deployment, NotDeployed, parse, usdc } from './DeploymentShape.ts'

export * from './DeploymentShape.ts'

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
