'use client'
import { TriangleAlert } from 'lucide-react'
import { Link } from '@/components/ui/Link.tsx'
import { usd } from '@/lib/format.ts'
import { returning } from './kept-draft.ts'
import type { Failure } from './sdk.ts'

/** What went wrong and the way out; where money is missing, how much and where to add it. */
export const FailureNote = ({ failure, back }: { failure: Failure; back?: string }) => (
  <div role="alert" className="flex gap-2 rounded-md bg-bad-soft p-3 text-sm text-bad">
    <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
    <div className="min-w-0 break-words">
      <p>{failure.message}</p>
      {isShort(failure) ? (
        <p className="mt-1">
          {/^\d+$/.test(String(failure.details?.shortfall)) && (
            <>It is {usd(String(failure.details?.shortfall))} short. </>
          )}
          <Link href={returning('/billing', back)} className="underline underline-offset-2">
            {failure.code === 'over_cap' ? 'Raise the limit of the key' : 'Add money'}
          </Link>
          , then run it again: nothing was charged.
        </p>
      ) : (
        failure.hint && <p className="mt-1 text-ink-2">{failure.hint}</p>
      )}
      {isKey(failure) && (
        <p className="mt-1">
          <Link href={returning('/keys', back)} className="underline underline-offset-2">
            Make a key
          </Link>
        </p>
      )}
    </div>
  </div>
)

const isShort = ({ code }: Failure) => code === 'insufficient_balance' || code === 'over_cap'
const isKey = ({ code }: Failure) => code === 'invalid_api_key' || code === 'no_api_key' || code === 'missing_api_key'
