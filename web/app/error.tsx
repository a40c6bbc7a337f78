'use client'
import { Button } from '@/components/ui/Button.tsx'
import { ErrorState } from '@/components/ui/States.tsx'

const PageError = ({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) => (
  <div className="page py-16">
    <ErrorState
      title="This page could not be put together"
      action={
        <Button variant="primary" onClick={reset}>
          Try again
        </Button>
      }
    >
      <p>The network or a part of it does not answer. Nothing of yours was changed.</p>
      {error.digest && <p className="mt-1 font-mono text-xs text-ink-3">{error.digest}</p>}
    </ErrorState>
  </div>
)

export default PageError
