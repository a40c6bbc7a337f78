'use client'
import { useEffect, useState } from 'react'
import { Link } from '@/components/ui/Link.tsx'
import { useApiKey } from './api-key.ts'
import { FailureNote } from './FailureNote.tsx'
import { KeyBar } from './KeyBar.tsx'
import { ReceiptSheet } from './ReceiptSheet.tsx'
import { connect, type Failure, failureOf } from './sdk.ts'

type State = { kind: 'loading' } | { kind: 'loaded'; json: unknown } | { kind: 'failed'; failure: Failure }

/** The receipt of one job, opened with the key that paid for it. */
export const JobReceipt = ({ jobId }: { jobId: string }) => {
  const key = useApiKey()
  const [state, setState] = useState<State>({ kind: 'loading' })
  useEffect(() => {
    if (!key) return
    let current = true
    setState({ kind: 'loading' })
    void connect({ apiKey: key })
      .then(async ({ connection }) => (await connection.gateway()).json(`/v1/receipts/${jobId}`))
      .then((json): State => ({ kind: 'loaded', json }))
      .catch((error): State => ({ kind: 'failed', failure: failureOf(error) }))
      .then((next) => current && setState(next))
    return () => {
      current = false
    }
  }, [jobId, key])
  return (
    <div className="page space-y-6 py-8">
      <div>
        <p className="text-sm text-ink-2">
          <Link href="/receipts" className="link">
            Receipts
          </Link>{' '}
          / Job
        </p>
        <h1 className="mt-1 text-2xl font-semibold">Receipt</h1>
        <p className="break-all font-mono text-[0.8125rem] text-ink-2">{jobId}</p>
      </div>
      {!key && (
        <div className="panel max-w-xl space-y-3 p-4">
          <p className="text-sm">
            A receipt says who asked which model when, so only its payer can open it: with the key that paid, or from a
            saved file on{' '}
            <Link href="/verify" className="link">
              Verify
            </Link>
            .
          </p>
          <KeyBar apiKey={undefined} />
        </div>
      )}
      {key && state.kind === 'loading' && <p role="status">Reading the receipt…</p>}
      {key && state.kind === 'failed' && <FailureNote failure={state.failure} />}
      {key && state.kind === 'loaded' && <ReceiptSheet json={state.json} />}
    </div>
  )
}
