import { Calls, type Chain, type Relayer } from '../chain/index.ts'
import { Domain, type Hex, NotFound } from '../core/index.ts'
import type { ChannelOnChain, SessionState, Treasury } from './Treasury.ts'

/** Reads through `chain`; transactions are paid by `relayer` on the account of the payer they are for. */
export function chainTreasury(chain: Chain.Chain, relayer: Pick<Relayer.Relayer, 'send'>): Treasury {
  const { deployment } = chain
  const { UsageController: controller, USDC: usdc } = deployment.contracts
  const openings = follow(chain)
  const send = async (call: Parameters<typeof relayer.send>[0], account: Hex): Promise<{ tx: Hex }> => {
    const { hash } = await relayer.send(call, { account })
    return { tx: hash }
  }
  return {
    chainId: chain.chainId,
    controller,
    usdc,
    separator: Domain.separator(Domain.usage(chain.chainId, controller)),
    session: async (id) => sessionOf(await chain.session(id)),
    sessionsOf: async (key) => (await openings()).sessions.get(key) ?? [],
    channel: async (id): Promise<ChannelOnChain> => {
      const { status: state, locked, claimed, closeAt } = await chain.channel(id)
      return { state, locked, claimed, closeAt }
    },
    now: () => chain.now(),
    free: (payer) => chain.free(payer),
    isAnchored: (modelId, root) =>
      chain.version(modelId, root).then(
        () => true,
        (error: unknown) => {
          if (error instanceof NotFound) return false
          throw error
        },
      ),
    providers: async () => [...(await openings()).providers].map(([provider, url]) => ({ provider, url })),
    openSession: (body) => {
      const { session, amount: amountMicroUsdc, validAfter, validBefore, signature } = body
      const call =
        amountMicroUsdc === 0n
          ? Calls.openSession(deployment, session, signature)
          : Calls.depositWithSession(deployment, { session, amountMicroUsdc, validAfter, validBefore, signature })
      return send(call, session.payer)
    },
    revoke: (revoke, signature, payer) => send(Calls.revokeBySig(deployment, revoke, signature), payer),
    lock: (lock, proof, signature, payer) => send(Calls.lock(deployment, lock, proof, signature), payer),
    requestClose: (request, signature, payer) => send(Calls.requestCloseBySig(deployment, request, signature), payer),
    requestCloseOfEnded: (channelId, payer) => send(Calls.requestClose(deployment, channelId), payer),
    finalizeClose: (channelId, payer) => send(Calls.finalizeClose(deployment, channelId), payer),
    challengeClaim: ({ receipt, signature }, payer) =>
      send(Calls.challengeClaim(deployment, receipt, signature), payer),
    withdraw: (body) => {
      const { kind, withdraw, signature } = body
      if (kind === 'free') return send(Calls.withdrawBySig(deployment, withdraw, signature), withdraw.payer)
      if (kind === 'credit') return send(Calls.withdrawCreditBySig(deployment, withdraw, signature), withdraw.account)
      return send(Calls.withdrawRevenueBySig(deployment, withdraw, signature), withdraw.account)
    },
  }
}

const sessionOf = (state: Awaited<ReturnType<Chain.Chain['session']>>): SessionState | undefined => {
  if (!state) return undefined
  const { id: session, ...rest } = state
  return { session, ...rest }
}

type Openings = { sessions: Map<Hex, Hex[]>; providers: Map<Hex, string> }

const names = ['SessionOpened', 'ProviderRegistered'] as const

/** Session keys and provider addresses announced on chain, read on from where the last reading ended. */
function follow(chain: Chain.Chain): () => Promise<Openings> {
  const openings: Openings = { sessions: new Map(), providers: new Map() }
  let next = BigInt(chain.deployment.block)
  let reading: Promise<Openings> | undefined
  const read = async (): Promise<Openings> => {
    const head = await chain.blockNumber()
    if (head < next) return openings
    const contracts = ['UsageController', 'ProviderRegistry'] as const
    for await (const events of chain.events({ contracts, names, fromBlock: next, toBlock: head })) {
      for (const { name, args } of events) {
        if (name === 'ProviderRegistered') openings.providers.set(args.provider, args.url)
        else openings.sessions.set(args.key, [...(openings.sessions.get(args.key) ?? []), args.session])
      }
    }
    next = head + 1n
    return openings
  }
  return () => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
}
