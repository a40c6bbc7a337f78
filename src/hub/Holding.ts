import type { Chain } from '../chain/index.ts'
import { type Hex, NotFound, RepoId } from '../core/index.ts'

/** An answer of the chain is used again for so long: many files of one download are one question. */
const keptMs = 1_000
const maxKept = 1_000

type Kept = { at: number; owner: Promise<Hex | undefined> }
const kept = new WeakMap<Chain.Chain, Map<string, Kept>>()

/**
 * Whether an address holds the NFT of one of these models. The chain is read at its latest sealed block: what is only
 * pending, or pre-confirmed by a sequencer, lets nobody in and keeps nobody out. Nobody holds anything where there is no
 * chain; throws where the chain does not answer.
 */
export const any = async (
  chain: Chain.Chain | undefined,
  models: readonly string[],
  address: string | null,
  now: Date,
): Promise<boolean> => {
  if (!chain || address === null) return false
  for (const key of models) if ((await ownerOf(chain, key, now.getTime())) === address) return true
  return false
}

const ownerOf = (chain: Chain.Chain, key: string, now: number): Promise<Hex | undefined> => {
  const known = kept.get(chain) ?? new Map<string, Kept>()
  kept.set(chain, known)
  const found = known.get(key)
  if (found && Math.abs(now - found.at) < keptMs) return found.owner
  if (known.size >= maxKept) known.clear()
  const owner = read(chain, key)
  known.set(key, { at: now, owner })
  owner.catch(() => known.delete(key))
  return owner
}

const read = async (chain: Chain.Chain, key: string): Promise<Hex | undefined> => {
  const modelId = await chain.resolve(RepoId.parse(key))
  if (modelId === undefined) return undefined
  try {
    return (await chain.model(modelId)).owner
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}
