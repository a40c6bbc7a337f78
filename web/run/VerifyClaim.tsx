'use client'
import type { Rule } from 'dehug/sdk/web'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { FailureNote } from './FailureNote.tsx'
import { RuleList } from './RuleList.tsx'
import { connect, type Failure, failureOf, readBatchFile } from './sdk.ts'
import { Verdict } from './Verdict.tsx'

type State =
  | { kind: 'idle' }
  | { kind: 'checking' }
  | { kind: 'checked'; rules: Rule[] }
  | { kind: 'failed'; failure: Failure }

/** Rechecks a claim against the chain's own node and the batch it names, in this browser. */
export const VerifyClaim = ({ channelId, seq }: { channelId: string; seq: string }) => {
  const [state, setState] = useState<State>({ kind: 'idle' })
  const verify = async () => {
    setState({ kind: 'checking' })
    try {
      const { sdk, connection } = await connect()
      const found = await sdk.checkClaim(
        connection,
        { channelId: channelId as `0x${string}`, seq: BigInt(seq) },
        readBatchFile,
      )
      if (!found) throw new Error('The chain has no claim of this channel that covers these receipts.')
      setState({ kind: 'checked', rules: found.rules })
    } catch (error) {
      setState({ kind: 'failed', failure: failureOf(error) })
    }
  }
  return (
    <div className="space-y-3" aria-live="polite">
      <Button variant="primary" onClick={verify} disabled={state.kind === 'checking'}>
        <ShieldCheck aria-hidden /> {state.kind === 'checking' ? 'Checking…' : 'Verify in this browser'}
      </Button>
      {state.kind === 'failed' && <FailureNote failure={state.failure} />}
      {state.kind === 'checked' && (
        <>
          <Verdict holds={state.rules.every(({ holds }) => holds)} good="Everything holds." bad="Something is wrong." />
          <RuleList rules={state.rules} />
        </>
      )}
    </div>
  )
}
