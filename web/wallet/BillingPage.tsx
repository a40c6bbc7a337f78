'use client'
import { useCallback, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Money as Figure, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { Stat } from '@/components/ui/Stat.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { short, usd } from '@/lib/format.ts'
import { AmountForm } from './AmountForm.tsx'
import { type Money, moneyOf, spentOf, useLoaded } from './account-data.ts'
import { BackLink } from './BackLink.tsx'
import { DevMoney } from './DevMoney.tsx'
import { WithWallet } from './Gate.tsx'
import { newKeyWish } from './key-wish.ts'
import { MoneyMoves } from './MoneyMoves.tsx'
import { Problem } from './Problem.tsx'
import { type Wish, WriteDialog } from './WriteDialog.tsx'

/** The balance that runs are paid from. */
export const BillingPage = () => (
  <WithWallet
    what="see your balance"
    why="A balance belongs to a wallet. Sign out, and in again with a wallet or with a key of this browser."
  >
    {(address) => <Billing address={address} />}
  </WithWallet>
)

const Billing = ({ address }: { address: string }) => {
  const load = useCallback(() => moneyOf(address), [address])
  const { value: money, problem, reload } = useLoaded(load)
  const [wish, setWish] = useState<Wish>()
  if (problem !== undefined) return <Problem error={problem} />
  if (!money) return <Skeleton className="h-64" />
  const { free, wallet } = money.earnings
  const topUp = (micro: bigint) => setWish(newKeyWish({ amount: micro, cap: micro, days: 30, onDone: reload }))
  return (
    <div className="grid gap-6">
      <BackLink />
      <div className="panel grid grid-cols-2 gap-4 p-4 md:grid-cols-4">
        <Stat label="Balance, free" value={usd(free)} note="UsageController" />
        <Stat label="Locked for providers" value={usd(lockedIn(money))} note="in open channels" />
        <Stat label="Spent, settled" value={usd(money.payer?.spent ?? 0n)} note="from claims on chain" />
        <Stat label="USDC in the wallet" value={usd(wallet)} note={<Hash value={address} what="address" />} />
      </div>
      <section aria-labelledby="top-up" className="panel grid gap-4 p-4">
        <h2 id="top-up" className="font-semibold">
          Top up
        </h2>
        <p className="max-w-prose text-sm text-ink-2">
          One signature moves USDC into your balance and makes a key that can spend that much and no more. What is not
          spent can be taken out at any time.
        </p>
        <div className="flex flex-wrap gap-6">
          <AmountForm
            label="Amount ($)"
            action="Top up"
            initial="5"
            disabled={wallet === 0n}
            note={wallet === 0n ? 'This wallet holds no USDC yet.' : `At most ${usd(wallet)}.`}
            onAmount={topUp}
          />
          <DevMoney address={address} onDone={reload} />
        </div>
      </section>
      <section aria-labelledby="withdraw" className="panel grid gap-4 p-4">
        <h2 id="withdraw" className="font-semibold">
          Withdraw
        </h2>
        <AmountForm
          label="Amount ($)"
          action="Withdraw"
          disabled={free === 0n}
          note={free === 0n ? 'Nothing is free to be taken out.' : `At most ${usd(free)}, to your own wallet.`}
          onAmount={(micro) => setWish(withdrawWish(address, micro, reload))}
        />
      </section>
      <Limits money={money} />
      <History money={money} />
      {wish && <WriteDialog wish={wish} onClose={() => setWish(undefined)} />}
      <Button className="w-fit" size="sm" onClick={reload}>
        Read again
      </Button>
    </div>
  )
}

const lockedIn = ({ channels }: Money): bigint =>
  channels
    .filter(({ status }) => status !== 'closed')
    .reduce((sum, { locked, claimed }) => sum + BigInt(locked) - BigInt(claimed), 0n)

const withdrawWish = (address: string, micro: bigint, onDone: () => void): Wish => ({
  title: 'Withdraw',
  lines: [
    { label: 'Take out', value: usd(micro) },
    { label: 'To', value: `your wallet ${short(address)}` },
    { label: 'Gas', value: '$0.00, paid by the relayer' },
  ],
  onDone,
  act: async (connection) => {
    const { withdraw } = await import('dehug/sdk/web')
    await withdraw(connection, { amountMicroUsdc: micro })
  },
})

const Limits = ({ money }: { money: Money }) => (
  <section aria-labelledby="limits" className="grid gap-2">
    <h2 id="limits" className="font-semibold">
      Spend by key
    </h2>
    {money.sessions.length === 0 ? (
      <EmptyState title="No key can spend yet" />
    ) : (
      <Table caption="Spend by key">
        <thead>
          <tr>
            <Th>Key</Th>
            <Th className="text-right">Spent</Th>
            <Th className="text-right">Limit</Th>
            <Th>Made</Th>
          </tr>
        </thead>
        <tbody>
          {money.sessions.map((session) => (
            <tr key={session.id}>
              <Td>
                <Hash value={session.key} what="key's address" />
              </Td>
              <Td numeric>
                <Figure micro={spentOf(money, session.id)} />
              </Td>
              <Td numeric>
                <Figure micro={session.cap} />
              </Td>
              <Td>
                <TimeAgo at={Number(session.at) * 1000} />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    )}
  </section>
)

const History = ({ money }: { money: Money }) => {
  const withdrawn = money.withdrawals.filter(({ kind }) => kind === 'free')
  const moves = [
    ...money.deposits.map((row) => ({ ...row, what: 'Deposit' })),
    ...withdrawn.map(({ amount, at, txHash }) => ({ what: 'Withdrawal', amount, at, txHash })),
  ].sort((a, b) => Number(b.at) - Number(a.at))
  if (moves.length === 0) return null
  return (
    <section aria-labelledby="history" className="grid gap-2">
      <h2 id="history" className="font-semibold">
        Deposits and withdrawals
      </h2>
      <MoneyMoves caption="Deposits and withdrawals" first="What" moves={moves} />
    </section>
  )
}
