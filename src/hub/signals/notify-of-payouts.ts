import { Notification, Payout } from '../../catalog/index.ts'
import type { HubContext } from '../context.ts'

/** Tells people what they took out since the last time. */
export const notifyOfPayouts = ({ catalog, clock }: HubContext): Promise<void> =>
  catalog.db.transaction(async (tx) => {
    for (const { userId, kind, microUsdc, txHash, at } of await Payout.fresh(tx, clock())) {
      const usdc = `${microUsdc / 1_000_000n}.${(microUsdc % 1_000_000n).toString().padStart(6, '0')}`
      const of = kind === 'revenue' ? 'revenue of your models' : 'what you earned as a provider'
      await Notification.tellOne(tx, userId, {
        ...{ kind: 'payout', repoId: null, actorId: null, at: new Date(at * 1000) },
        title: `${usdc} USDC were paid out: ${of} (${txHash.slice(0, 10)}…)`,
        path: '/dashboard',
      })
    }
  })
