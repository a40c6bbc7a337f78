import { decodeFunctionData } from 'viem'
import { Bytes, type Hex, Mint, Publish } from '../core/index.ts'
import { ModelRegistry } from './abi/index.ts'
import type { Chain } from './Chain.ts'

/** How a version came on chain: the event, and the signed message where it was sent to the registry directly. */
export type AnchorRecord = {
  publisher: Hex
  tx: Hex
  block: { number: bigint; hash: Hex; timestamp: bigint }
  signed:
    | { kind: 'mint'; message: Mint.Mint; signature: Hex }
    | { kind: 'publish'; message: Publish.Publish; signature: Hex }
    | null
}

/** Finds it in the events; undefined where the version was never anchored. It never changes, so everybody finds the same. */
export async function find(chain: Chain, modelId: bigint, root: Hex): Promise<AnchorRecord | undefined> {
  const filter = { contracts: ['ModelRegistry'], names: ['VersionPublished'], args: { modelId, root } } as const
  for await (const [event] of chain.events(filter)) {
    if (!event) continue
    const { txHash: tx, blockNumber: number, blockHash: hash, timestamp } = event
    const { publisher } = event.args
    return { publisher, tx, block: { number, hash, timestamp }, signed: await signedIn(chain, tx) }
  }
  return undefined
}

async function signedIn(chain: Chain, hash: Hex): Promise<AnchorRecord['signed']> {
  const { to, input } = await chain.client.getTransaction({ hash })
  if (to?.toLowerCase() !== chain.deployment.contracts.ModelRegistry) return null
  const call = decode(input)
  if (!call) return null
  const [message, signature] = call.args as readonly [Record<string, unknown>, Hex]
  const json = plain(message)
  return call.functionName === 'mint'
    ? { kind: 'mint', message: Mint.parse(json), signature }
    : { kind: 'publish', message: Publish.parse(json), signature }
}

function decode(input: Hex) {
  try {
    const call = decodeFunctionData({ abi: ModelRegistry.abi, data: input })
    return call.functionName === 'mint' || call.functionName === 'publish' ? call : undefined
  } catch {
    return undefined
  }
}

/** As the JSON form of our messages has it: decimal strings for large numbers, small letters in addresses. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'string')
    return /^0x[0-9a-fA-F]{40}$/.test(value) ? Bytes.toHex(Bytes.fromHex(value as Hex)) : value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
}
