'use client'
import { useCallback, useState } from 'react'
import { Badge } from '@/components/ui/Badge.tsx'
import { Button } from '@/components/ui/Button.tsx'
import { Money as Figure, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { short, usd } from '@/lib/format.ts'
import { type Money, moneyOf, type SessionRow, spentOf, useLoaded } from './account-data.ts'
import { microOf } from './amount.ts'
import { BackLink } from './BackLink.tsx'
import { SignedIn } from './Gate.tsx'
import { HubTokens } from './HubTokens.tsx'
import { newKeyWish } from './key-wish.ts'
import { NewSecret } from './NewSecret.tsx'
import { Problem } from './Problem.tsx'
import { Field, NumberField } from './publish/Field.tsx'
import { type Wish, WriteDialog } from './WriteDialog.tsx'

/** Keys that pay for runs, and tokens that speak to the hub. */
export const KeysPage = () => (
  <SignedIn what="see your keys">
    {(user) => (
      <div className="grid gap-8">
        <BackLink />
        {user.address && <InferenceKeys address={user.address} />}
        <HubTokens />
      </div>
    )}
  </SignedIn>
)

const InferenceKeys = ({ address }: { address: string }) => {
  const load = useCallback(() => moneyOf(address), [address])
  const { value: money, problem, reload } = useLoaded(load)
  const [wish, setWish] = useState<Wish>()
  const [made, setMade] = useState<string>()
  return (
    <section aria-labelledby="inference" className="grid gap-3">
      <div>
        <h2 id="inference" className="text-lg font-semibold">
          Inference keys
        </h2>
        <p className="max-w-prose text-sm text-ink-2">
          A key pays for runs from your balance, up to a limit and until a day that you sign. The chain keeps to both.
        </p>
      </div>
      {made && <NewSecret secret={made} what="inference key" />}
      {problem !== undefined && <Problem error={problem} />}
      {!money && problem === undefined && <Skeleton className="h-32" />}
      {money && <NewKeyForm money={money} onWish={setWish} onKey={setMade} onDone={reload} />}
      {money?.sessions.length === 0 && <EmptyState title="No keys yet" />}
      {money && money.sessions.length > 0 && (
        <KeyTable money={money} onRevoke={(session) => setWish(revokeWish(session, reload))} />
      )}
      {wish && <WriteDialog wish={wish} onClose={() => setWish(undefined)} />}
    </section>
  )
}

type FormProps = {
  money: Money
  onWish: (wish: Wish) => void
  onKey: (key: string) => void
  onDone: () => void
}

const NewKeyForm = ({ money, onWish, onKey, onDone }: FormProps) => {
  const [cap, setCap] = useState('1')
  const [days, setDays] = useState(30)
  const micro = microOf(cap)
  const { free, wallet } = money.earnings
  // What the balance lacks comes out of the wallet, by the same signature.
  const amount = micro !== undefined && micro > free ? micro - free : 0n
  const short = amount > wallet
  return (
    <form
      className="panel flex flex-wrap items-end gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (micro !== undefined && !short) onWish(newKeyWish({ amount, cap: micro, days, onKey, onDone }))
      }}
    >
      <Field
        label="Limit ($)"
        problem={micro === undefined ? 'An amount like 1.50.' : undefined}
        note="The most it may spend."
      >
        {(props) => (
          <input
            {...props}
            className="field num !w-32"
            inputMode="decimal"
            value={cap}
            onChange={(event) => setCap(event.target.value)}
          />
        )}
      </Field>
      <NumberField
        label="Days"
        note="Then it ends."
        min={1}
        max={365}
        value={days}
        className="!w-24"
        onValue={setDays}
      />
      <Button type="submit" variant="primary" disabled={micro === undefined || short} className="mb-5">
        Make a key
      </Button>
      <p className="mb-5 text-sm text-ink-2">
        {short ? (
          <>
            You have {usd(free + wallet)}.{' '}
            <a href="/billing?return=/keys" className="link">
              Top up first
            </a>
          </>
        ) : amount > 0n ? (
          `${usd(amount)} move from your wallet into your balance.`
        ) : (
          'Your balance covers it.'
        )}
      </p>
    </form>
  )
}

const stateOf = ({ revoked, expiry }: SessionRow): { label: string; live: boolean } => {
  if (revoked) return { label: 'revoked', live: false }
  return Number(expiry) * 1000 < Date.now() ? { label: 'expired', live: false } : { label: 'live', live: true }
}

const KeyTable = ({ money, onRevoke }: { money: Money; onRevoke: (session: SessionRow) => void }) => (
  <Table caption="Inference keys">
    <thead>
      <tr>
        <Th>Key</Th>
        <Th>State</Th>
        <Th className="text-right">Spent</Th>
        <Th className="text-right">Limit</Th>
        <Th>Ends</Th>
        <Th>
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {money.sessions.map((session) => {
        const { label, live } = stateOf(session)
        return (
          <tr key={session.id}>
            <Td>
              <Hash value={session.key} what="key's address" />
            </Td>
            <Td>
              <Badge tone={live ? 'good' : 'neutral'}>{label}</Badge>
            </Td>
            <Td numeric>
              <Figure micro={spentOf(money, session.id)} />
            </Td>
            <Td numeric>
              <Figure micro={session.cap} />
            </Td>
            <Td>
              <TimeAgo at={Number(session.expiry) * 1000} />
            </Td>
            <Td>
              {live && (
                <Button size="sm" variant="danger" onClick={() => onRevoke(session)}>
                  Revoke<span className="sr-only"> {short(session.key)}</span>
                </Button>
              )}
            </Td>
          </tr>
        )
      })}
    </tbody>
  </Table>
)

const revokeWish = (session: SessionRow, onDone: () => void): Wish => ({
  title: 'Revoke the key',
  lines: [
    { label: 'Key', value: short(session.key) },
    { label: 'From then on it pays for', value: 'nothing' },
    { label: 'What it locked', value: 'comes back to your balance' },
    { label: 'Gas', value: '$0.00, paid by the relayer' },
  ],
  onDone,
  act: async (connection) => {
    const { revokeSession } = await import('dehug/sdk/web')
    await revokeSession(connection, session.id as `0x${string}`)
  },
})
