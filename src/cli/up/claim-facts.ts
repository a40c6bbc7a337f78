import { Chain, type Deployment } from '../../chain/index.ts'
import type { Hex } from '../../core/index.ts'

/** What one claim transaction paid, as its events say; µUSDC. */
export type ClaimFacts = { gasUsed: bigint; provider: bigint; creator: bigint; holder: bigint; protocol: bigint }

/** Reads the events of a transaction that claimed. */
export async function claimFacts(
  at: { rpcUrl: string; deployment: Deployment.Deployment },
  tx: Hex,
): Promise<ClaimFacts> {
  const chain = await Chain.connect(at)
  const { blockNumber, gasUsed } = await chain.client.getTransactionReceipt({ hash: tx })
  const facts: ClaimFacts = { gasUsed, provider: 0n, creator: 0n, holder: 0n, protocol: 0n }
  const filter = { names: ['Claimed', 'Credited'] as const, fromBlock: blockNumber, toBlock: blockNumber }
  for await (const events of chain.events(filter)) {
    for (const event of events) {
      if (event.txHash !== tx) continue
      if (event.name === 'Claimed') {
        facts.provider += event.args.providerAmount
        facts.protocol += event.args.feeAmount
      } else {
        facts.creator += event.args.creatorAmount
        facts.holder += event.args.holderAmount
      }
    }
  }
  return facts
}
