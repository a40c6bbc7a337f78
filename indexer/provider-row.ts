import type { Context } from 'ponder:registry'
import { provider } from 'ponder:schema'
import type { Hex } from 'viem'

type Change = Partial<Omit<typeof provider.$inferSelect, 'address' | 'at'>>

/** A provider's row appears with its first event, whichever that is. */
export async function changeProvider(
  context: Context,
  address: Hex,
  at: bigint,
  to: (row: Required<Change>) => Change,
): Promise<void> {
  const known = await context.db.find(provider, { address })
  const { at: since, ...row } = known ?? { ...unknown, at }
  const changed = to(row)
  await context.db
    .insert(provider)
    .values({ address, ...row, ...changed, at: since })
    .onConflictDoUpdate(changed)
}

const unknown = { url: '', stake: 0n, unbonding: 0n, releaseAt: null, slashed: 0n, claimed: 0n, earned: 0n, jobs: 0n }
