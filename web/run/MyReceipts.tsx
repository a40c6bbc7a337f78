'use client'
import type { CheckedReceipt } from 'dehug/sdk/web'
import { useEffect, useState } from 'react'
import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { short } from '@/lib/format.ts'
import { useApiKey } from './api-key.ts'
import { FailureNote } from './FailureNote.tsx'
import { connect, type Failure, failureOf } from './sdk.ts'

const shown = 20
const dayMs = 86_400_000

type State = { kind: 'loading' } | { kind: 'loaded'; receipts: CheckedReceipt[] } | { kind: 'failed'; failure: Failure }

/** Receipts of the key that this browser keeps, of the last thirty days, each checked here. */
export const MyReceipts = () => {
  const key = useApiKey()
  const [state, setState] = useState<State>({ kind: 'loading' })
  useEffect(() => {
    if (!key) return
    let current = true
    void recent(key)
      .then((receipts): State => ({ kind: 'loaded', receipts }))
      .catch((error): State => ({ kind: 'failed', failure: failureOf(error) }))
      .then((next) => current && setState(next))
    return () => {
      current = false
    }
  }, [key])
  if (!key) {
    return (
      <p className="mt-4 text-sm text-ink-2">
        Yours appear here once this browser keeps an inference key.{' '}
        <Link href="/keys" className="link">
          Keys
        </Link>
      </p>
    )
  }
  return (
    <section className="mt-6" aria-label="Your receipts" aria-busy={state.kind === 'loading'}>
      <h2 className="mb-2 text-lg font-semibold">Yours, by the key in this browser</h2>
      {state.kind === 'loading' && <p className="text-sm text-ink-2">Reading and checking…</p>}
      {state.kind === 'failed' && <FailureNote failure={state.failure} />}
      {state.kind === 'loaded' && state.receipts.length === 0 && (
        <p className="text-sm text-ink-2">This key paid for nothing in the last thirty days.</p>
      )}
      {state.kind === 'loaded' && state.receipts.length > 0 && <ReceiptTable receipts={state.receipts} />}
    </section>
  )
}

const pageSize = 1000
const mostPages = 10

/** The gateway lists from the oldest on: ever longer times are asked for until there are enough. Only what is shown is checked. */
async function recent(apiKey: string): Promise<CheckedReceipt[]> {
  const { sdk, connection } = await connect({ apiKey })
  const gateway = await connection.gateway()
  let last: unknown[] = []
  for (const days of [1 / 24, 1, 30]) {
    last = []
    let since: number | null = Date.now() - Math.round(days * dayMs)
    for (let page = 0; page < mostPages && since !== null; page += 1) {
      const query = { since, limit: pageSize }
      const found = (await gateway.json('/v1/receipts', { query })) as { receipts: unknown[]; next: number | null }
      last = [...last, ...found.receipts].slice(-shown)
      since = found.next
    }
    if (last.length === shown) break
  }
  return Promise.all(last.reverse().map((json) => sdk.check(connection, sdk.parseReceipt(json))))
}

const ReceiptTable = ({ receipts }: { receipts: CheckedReceipt[] }) => (
  <Table caption="Receipts of your key, newest first">
    <thead>
      <tr>
        <Th>Ended</Th>
        <Th>Model</Th>
        <Th>Provider</Th>
        <Th className="text-right">Units in / out</Th>
        <Th className="text-right">Charged</Th>
        <Th>Receipt</Th>
      </tr>
    </thead>
    <tbody>
      {receipts.map((view) => (
        <tr key={view.jobId}>
          <Td className="whitespace-nowrap">
            <TimeAgo at={view.finishedAt} />
          </Td>
          <Td>
            <Link href={`/${view.model}`} className="link">
              {view.model}
            </Link>
          </Td>
          <Td>
            <Link href={`/providers/${view.provider}`} className="link font-mono text-[0.8125rem]">
              {short(view.provider)}
            </Link>
          </Td>
          <Td numeric>
            {String(view.receipt.unitsIn)} / {String(view.receipt.unitsOut)}
          </Td>
          <Td numeric>
            <Money micro={view.receipt.fee} />
          </Td>
          <Td>
            <Link href={`/receipts/${view.jobId}`} className="link font-mono text-[0.8125rem]">
              {short(view.jobId)}
            </Link>
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)
