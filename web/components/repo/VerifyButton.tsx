'use client'
import { CircleCheck, CircleX, ScanSearch } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import type { RepoType } from '@/lib/types.ts'

type Props = { type: RepoType; id: string; root: string; path?: string | undefined }
type Outcome = { ok: boolean; summary: string }

/** Downloads and checks in this tab, with code that comes only now. */
export const VerifyButton = (of: Props) => {
  const [state, setState] = useState<'idle' | 'busy' | Outcome>('idle')
  const [progress, setProgress] = useState('')
  const verify = async () => {
    setState('busy')
    try {
      const { verifyVersion } = await import('@/run/verify-version.ts')
      setState(await verifyVersion(of, (text: string) => setProgress(text)))
    } catch (error) {
      setState({ ok: false, summary: (error as Error).message })
    }
  }
  return (
    <div className="mt-5 border-t border-line pt-4">
      <Button variant="primary" onClick={verify} disabled={state === 'busy'}>
        <ScanSearch aria-hidden /> {state === 'busy' ? 'Verifying…' : 'Verify in this browser'}
      </Button>
      <div aria-live="polite" className="mt-3 text-sm">
        {state === 'busy' && <p className="num text-ink-2">{progress}</p>}
        {typeof state === 'object' && (
          <p className={`flex items-start gap-2 ${state.ok ? 'text-good' : 'text-bad'}`}>
            {state.ok ? (
              <CircleCheck className="mt-0.5 size-4 shrink-0" aria-hidden />
            ) : (
              <CircleX className="mt-0.5 size-4 shrink-0" aria-hidden />
            )}
            {state.summary}
          </p>
        )}
      </div>
    </div>
  )
}
