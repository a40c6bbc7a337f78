import { BadInput, type Hex } from '../core/index.ts'
import { type ClaimChain, Ledger } from '../settle/index.ts'

export type Wanted = { channelId: Hex; payer: Hex; modelId: bigint; ceiling: bigint }

/** Makes sure that the book knows a channel, and of enough locked money, before a job is reserved on it. */
export type Channels = {
  /** Throws `UnknownChannel` and {@link ForeignChannel}. */
  assertPays(wanted: Wanted): Promise<void>
  /** Reads a channel from the chain into the book. */
  refresh(channelId: Hex): Promise<void>
}

export function open(ledger: Ledger.Ledger, chain: ClaimChain): Channels {
  // Only ever too low, so that at worst the chain is asked once more.
  const lockedAtLeast = new Map<Hex, bigint>()

  const refresh = async (channelId: Hex) => {
    const facts = await chain.channel(channelId)
    if (facts.state === 'none' || facts.provider !== ledger.provider) throw new Ledger.UnknownChannel(channelId)
    const { state } = facts
    await ledger.observe({ ...facts, state })
    if (lockedAtLeast.size > 10_000) lockedAtLeast.clear()
    lockedAtLeast.set(channelId, facts.locked)
  }

  return {
    refresh,
    assertPays: async ({ channelId, payer, modelId, ceiling }) => {
      const known = lockedAtLeast.get(channelId)
      if (known === undefined || known < ceiling) await refresh(channelId)
      const terms = await ledger.terms(channelId)
      if (!terms) throw new Ledger.UnknownChannel(channelId)
      if (terms.payer !== payer) throw new ForeignChannel(channelId, `its payer is ${terms.payer}, not ${payer}`)
      if (terms.modelId !== modelId) throw new ForeignChannel(channelId, `it is for model ${terms.modelId}`)
    },
  }
}

/** A channel that cannot pay for this job, whatever is locked on it. */
export class ForeignChannel extends BadInput {
  constructor(channelId: Hex, why: string) {
    super(`Channel ${channelId} cannot pay for this job: ${why}.`, {
      code: 'foreign_channel',
      hint: "Use a channel of this payer with this provider and the offer's model.",
    })
  }
}
