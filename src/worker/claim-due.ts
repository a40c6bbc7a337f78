import type { FastifyBaseLogger } from 'fastify'
import type { Chain } from '../chain/index.ts'
import type { Batches, Ledger } from '../settle/index.ts'
import type { Channels } from './Channels.ts'

export type ClaimOptions = {
  chain: Chain.Chain
  ledger: Ledger.Ledger
  batches: Batches.Batches
  channels: Channels
  log: FastifyBaseLogger
}

/** Returns a function that claims what is due: at a threshold, daily, and at once where a payer closes a channel. */
export function claimer({ chain, ledger, batches, channels, log }: ClaimOptions): () => Promise<void> {
  let nextBlock: bigint | undefined

  const noticeClosing = async () => {
    const head = await chain.blockNumber()
    if (nextBlock === undefined) {
      // What happened while this process was away is told by the channels themselves.
      for (const channelId of await batches.unpaid()) await channels.refresh(channelId)
    } else if (nextBlock <= head) {
      const filter = {
        fromBlock: nextBlock,
        toBlock: head,
        contracts: ['UsageController'],
        names: ['CloseRequested', 'SessionRevoked'],
      } as const
      for await (const events of chain.events(filter)) {
        for (const { name, args } of events) {
          if (name === 'SessionRevoked') channels.revoke(args.session)
          else if (await ledger.channel(args.channelId)) await channels.refresh(args.channelId)
        }
      }
    }
    nextBlock = head + 1n
  }

  const report = (results: Batches.ClaimResult[]) => {
    for (const { root, tx, rows } of results) {
      const paid = rows.filter((row) => row.paid)
      const microUsdc = paid.reduce((sum, { delta }) => sum + delta, 0n)
      log.info(
        { root, tx, channels: paid.length, skipped: rows.length - paid.length, microUsdc: `${microUsdc}` },
        'claimed',
      )
    }
  }
  const claimIfDue = async () => ((await batches.due()) ? batches.claim() : [])

  return async () => {
    await noticeClosing()
    for (const claim of [batches.resume, batches.claimClosing, claimIfDue]) {
      await claim().then(report, (error) => log.error({ err: error }, 'failed: claiming'))
    }
  }
}
