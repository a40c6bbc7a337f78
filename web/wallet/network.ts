import { hubJson } from './session.ts'

/** Facts of the network (`GET /api/dehug/network`) that wallets need. */
export type Network = { chainId: number; rpcUrl: string; contracts: Record<string, string>; deployment: unknown }

let facts: Promise<Network> | undefined

/** Asked once. */
export const network = (): Promise<Network> => {
  facts ??= hubJson<Network>('/api/dehug/network').catch((error) => {
    facts = undefined
    throw error
  })
  return facts
}

/** A call of the chain's node. */
export const rpc = async <T>(method: string, params: unknown[]): Promise<T> => {
  const { rpcUrl } = await network()
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await answer.json()) as { result: T; error?: { message: string } }
  if (error) throw new Error(`The chain's node refuses: ${error.message}`)
  return result
}
