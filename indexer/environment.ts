import { readFileSync } from 'node:fs'
import { type Deployment, load, parse } from '../src/chain/Deployment.ts'

/**
 * Where the chain and its contracts are: `DEHUG_RPC_URL` with `DEHUG_DEPLOYMENT` (a deployment file or a chain id), or
 * `DEHUG_NETWORK` (a network.json that holds `rpcUrl` and the deployment).
 */
export function readEnvironment(env: Record<string, string | undefined>): { rpcUrl: string; deployment: Deployment } {
  const network = env.DEHUG_NETWORK
    ? (JSON.parse(readFileSync(env.DEHUG_NETWORK, 'utf8')) as { rpcUrl?: string })
    : undefined
  const rpcUrl = env.DEHUG_RPC_URL ?? network?.rpcUrl
  const from = env.DEHUG_DEPLOYMENT
  const deployment = from ? load(/^\d+$/.test(from) ? Number(from) : from) : network && parse(network)
  if (!rpcUrl || !deployment) {
    throw new Error('Set DEHUG_RPC_URL and DEHUG_DEPLOYMENT, or DEHUG_NETWORK, so that the indexer knows what to read.')
  }
  return { rpcUrl, deployment }
}
