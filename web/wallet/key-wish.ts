import { usd } from '@/lib/format.ts'
import { adoptKey, dropKey, holdKey } from './pending-key.ts'
import type { Wish } from './WriteDialog.tsx'

export type NewKey = {
  /** µUSDC moved from the wallet into the balance; 0 for a key over what is there. */
  amount: bigint
  /** The most that the key may ever spend. */
  cap: bigint
  days: number
  /** Is told the key, which is shown once. */
  onKey?: (apiKey: string) => void
  onDone: () => void
}

/** One signature that moves money into the balance and makes a key with a limit over it. */
export const newKeyWish = ({ amount, cap, days, onKey, onDone }: NewKey): Wish => ({
  title: amount > 0n ? 'Top up' : 'Make a key',
  lines: [
    { label: 'From your wallet', value: amount > 0n ? usd(amount) : 'nothing' },
    { label: 'To', value: 'your own balance (UsageController)' },
    { label: 'The key spends at most', value: usd(cap) },
    { label: 'For', value: `${days} days, any model` },
    { label: 'Gas', value: '$0.00, paid by the relayer' },
  ],
  onDone,
  act: async (connection) => {
    const [{ fund }, { ApiKey }] = await Promise.all([import('dehug/sdk/web'), import('dehug/core')])
    const apiKey = ApiKey.from(crypto.getRandomValues(new Uint8Array(32)))
    holdKey(apiKey)
    try {
      await fund(connection, {
        ...{ apiKey, amountMicroUsdc: amount, capMicroUsdc: cap, expiresInSeconds: days * 86_400 },
      })
    } catch (error) {
      dropKey()
      throw error
    }
    adoptKey()
    onKey?.(apiKey)
  },
})
