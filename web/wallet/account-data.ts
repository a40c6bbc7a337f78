import { useCallback, useEffect, useState } from 'react'
import { hubJson } from './session.ts'

type Answer<T> = { data?: T; errors?: { message: string }[] }

/** A query to the indexer from the browser. */
export const query = async <T>(text: string, variables: Record<string, unknown>): Promise<T> => {
  const { data, errors } = await hubJson<Answer<T>>('/graphql', { method: 'POST', body: { query: text, variables } })
  if (!data) throw new Error(errors?.[0]?.message ?? 'The indexer gave no data.')
  return data
}

export type Loaded<T> = { value: T | undefined; problem: unknown; reload: () => void }

/** Something that is asked for when the page is shown, and again on `reload`. */
export const useLoaded = <T>(load: () => Promise<T>): Loaded<T> => {
  const [value, setValue] = useState<T>()
  const [problem, setProblem] = useState<unknown>()
  const [turn, setTurn] = useState(0)
  const reload = useCallback(() => setTurn((count) => count + 1), [])
  useEffect(() => {
    let stale = false
    setProblem(undefined)
    load().then(
      (loaded) => !stale && setValue(loaded),
      (error) => !stale && setProblem(error),
    )
    return () => {
      stale = true
    }
  }, [load, turn])
  return { value, problem, reload }
}

export type SessionRow = {
  id: string
  key: string
  cap: string
  expiry: string
  revoked: boolean
  at: string
  txHash: string
}
export type Money = {
  earnings: { free: bigint; wallet: bigint; revenue: bigint; credit: bigint }
  payer: { deposited: string; spent: string; withdrawn: string } | null
  sessions: SessionRow[]
  channels: { session: string; locked: string; claimed: string; returned: string; status: string }[]
  withdrawals: { kind: string; amount: string; to: string; at: string; txHash: string }[]
  deposits: { amount: string; at: string; txHash: string }[]
}

const text = `query ($account: String!) {
  payer(address: $account) { deposited spent withdrawn }
  sessions(where: { payer: $account }, orderBy: "at", orderDirection: "desc", limit: 100) { items { id key cap expiry revoked at txHash } }
  channels(where: { payer: $account }, orderBy: "at", orderDirection: "desc", limit: 500) { items { session locked claimed returned status } }
  deposits(where: { payer: $account }, orderBy: "at", orderDirection: "desc", limit: 50) { items { amount at txHash } }
  withdrawals(where: { account: $account }, orderBy: "at", orderDirection: "desc", limit: 50) { items { kind amount to at txHash } }
}`

/** An account's money: what the contracts say now, and its history from the indexer. */
export const moneyOf = async (address: string): Promise<Money> => {
  const account = address.toLowerCase()
  const [{ earnings: read }, { connectionFor }] = await Promise.all([import('dehug/sdk/web'), import('./writes.ts')])
  const [now, rows] = await Promise.all([
    read(connectionFor(undefined, ''), { address: account as `0x${string}` }),
    query<Pick<Money, 'payer'> & Record<'sessions' | 'channels' | 'deposits' | 'withdrawals', { items: never[] }>>(
      text,
      {
        account,
      },
    ),
  ])
  return {
    earnings: {
      free: now.freeMicroUsdc,
      wallet: now.walletMicroUsdc,
      revenue: now.revenueMicroUsdc,
      credit: now.creditMicroUsdc,
    },
    payer: rows.payer,
    sessions: rows.sessions.items,
    channels: rows.channels.items,
    deposits: rows.deposits.items,
    withdrawals: rows.withdrawals.items,
  }
}

/** What channels of a session spent so far, as claimed on chain. */
export const spentOf = (money: Money, session: string): bigint =>
  money.channels
    .filter((channel) => channel.session === session)
    .reduce((sum, { claimed }) => sum + BigInt(claimed), 0n)

/** Something a person does to what is shown; what went wrong is said until the next try. */
export const useAttempt = (onDone: () => void) => {
  const [trouble, setTrouble] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    setTrouble(undefined)
    setBusy(true)
    try {
      await work()
      onDone()
    } catch (error) {
      setTrouble(error)
    } finally {
      setBusy(false)
    }
  }
  return { trouble, busy, attempt }
}
