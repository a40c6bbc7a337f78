import { BadInput, type Hex, NotPermitted } from '../core/index.ts'
import { type ClaimChain, Ledger } from '../settle/index.ts'

export type Wanted = { channelId: Hex; payer: Hex; modelId: bigint; ceiling: bigint }

/** Makes sure that the book knows a channel, and of enough locked money, before a job is reserved on it. */
export type Channels = {
  /** Throws `UnknownChannel`, {@link ForeignChannel}, {@link SessionOver} and {@link CreatorPartTooHigh}. */
  assertPays(wanted: Wanted): Promise<void>
  /** Reads a channel from the chain into the book. */
  refresh(channelId: Hex): Promise<void>
  /** Takes no more jobs on the channels of a session that its payer revoked. */
  revoke(session: Hex): void
}

/** What the chain said of a channel. `lockedAtLeast` is only ever too low, so that at worst the chain is asked once more. */
type Seen = { session: Hex; lockedAtLeast: bigint; expiry: bigint; revoked: boolean; creatorBps: number }

export type ChannelsOptions = {
  ledger: Ledger.Ledger
  chain: ClaimChain
  /** Most of each fee that a model may take, in 1/10000. */
  maxCreatorBps: number
  /** Unix ms. */
  now: () => number
}

export function open({ ledger, chain, maxCreatorBps, now }: ChannelsOptions): Channels {
  const seen = new Map<Hex, Seen>()

  const refresh = async (channelId: Hex): Promise<Seen> => {
    const facts = await chain.channel(channelId)
    if (facts.state === 'none' || facts.provider !== ledger.provider) throw new Ledger.UnknownChannel(channelId)
    const { state, session, creatorBps } = facts
    await ledger.observe({ ...facts, state })
    const { expiry = 0n, revoked = true } = (await chain.session(session)) ?? {}
    const fresh = { session, lockedAtLeast: facts.locked, expiry, revoked, creatorBps }
    if (seen.size > 10_000) seen.clear()
    seen.set(channelId, fresh)
    return fresh
  }

  return {
    refresh: async (channelId) => void (await refresh(channelId)),
    revoke: (session) => {
      for (const one of seen.values()) if (one.session === session) one.revoked = true
    },
    assertPays: async ({ channelId, payer, modelId, ceiling }) => {
      const known = seen.get(channelId)
      const facts = known && known.lockedAtLeast >= ceiling ? known : await refresh(channelId)
      if (facts.revoked || facts.expiry * 1000n <= BigInt(now())) throw new SessionOver(facts)
      if (facts.creatorBps > maxCreatorBps) throw new CreatorPartTooHigh(facts.creatorBps, maxCreatorBps)
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

/** The creators' part of each fee leaves this provider too little. */
export class CreatorPartTooHigh extends NotPermitted {
  constructor(creatorBps: number, maxCreatorBps: number) {
    super(
      `The creators take ${creatorBps / 100} % of each fee; this provider allows at most ${maxCreatorBps / 100} %.`,
      {
        code: 'creator_part_too_high',
        hint: 'Use another provider; money locked on this channel can be released.',
        details: { creatorBps, maxCreatorBps },
      },
    )
  }
}

/** The payer revoked the session of this channel, or its time is over. */
export class SessionOver extends NotPermitted {
  constructor({ session, revoked, expiry }: Pick<Seen, 'session' | 'revoked' | 'expiry'>) {
    super(revoked ? 'The session was revoked by its payer.' : `The session expired at unix time ${expiry}.`, {
      code: revoked ? 'session_revoked' : 'session_expired',
      hint: 'Open a new session and lock money on a channel of it; this one can still be released.',
      details: { session, expiry },
    })
  }
}
