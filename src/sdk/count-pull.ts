import { DehugError, Domain, type Hex, PullReceipt } from '../core/index.ts'
import type { SignalsWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'
import { signStruct } from './sign-struct.ts'

export type CountPullOptions = { repo: string; root: Hex; chainId: number }

/** Whether the hub counted it; undefined where it could not be asked, which is no reason to fail. */
export type Counted = SignalsWire.PullCounted['counted'] | undefined

const patienceMs = 5_000

/**
 * Tells the hub of a verified pull: one per person, version and day counts. Signed by the wallet where this user has one,
 * else by the hub. Never throws, and gives up after a few seconds: a pull does not depend on it.
 */
export async function countPull(connection: Connection, options: CountPullOptions): Promise<Counted> {
  if (connection.token === undefined) return undefined
  try {
    return await withSignature(connection, options).catch((error: unknown) => {
      // The account may have another wallet, or none.
      if (error instanceof DehugError && error.code === 'bad_pull_signature') return send(connection, options, {})
      throw error
    })
  } catch {
    return undefined
  }
}

async function withSignature(connection: Connection, options: CountPullOptions): Promise<boolean> {
  const { signer } = connection
  const { contracts } = await connection.network()
  const oracle = contracts.EngagementOracle
  if (!signer || !oracle) return send(connection, options, {})
  const day = PullReceipt.dayOf(connection.now())
  const { repo, root, chainId } = options
  const receipt = { repo, versionRoot: root, puller: signer.address, tag: PullReceipt.noTag, day }
  const signature = await signStruct(signer, Domain.signals(chainId, oracle), PullReceipt, receipt)
  return send(connection, options, { day, signature })
}

async function send(
  connection: Connection,
  { repo, root }: CountPullOptions,
  signed: { day?: number; signature?: Hex },
): Promise<boolean> {
  const body = { repo, root, ...signed }
  const signal = AbortSignal.timeout(patienceMs)
  const answer = await connection.hub.json('/api/dehug/pulls', { method: 'POST', body, signal })
  return (answer as SignalsWire.PullCounted).counted
}
