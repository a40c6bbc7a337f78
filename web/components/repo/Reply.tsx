'use client'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { signInOn401 } from '@/lib/sign-in-on-401.ts'
import { hubJson } from '@/wallet/session.ts'

type Props = { api: string; status: string; isPull: boolean }

/** Says something, closes or opens the discussion again, or merges the pull request. */
export const Reply = ({ api, status, isPull }: Props) => {
  const router = useRouter()
  const field = useRef<HTMLTextAreaElement>(null)
  const [failure, setFailure] = useState<string>()
  const [pending, setPending] = useState(false)
  const act = async (path: string, body: object) => {
    setPending(true)
    setFailure(undefined)
    try {
      await hubJson(`${api}/${path}`, { method: 'POST', body })
      if (field.current) field.current.value = ''
      router.refresh()
    } catch (error) {
      try {
        signInOn401(error)
      } catch {
        setFailure((error as Error).message)
      }
    }
    setPending(false)
  }
  const words = () => field.current?.value.trim() ?? ''
  const isOpen = status === 'open' || status === 'draft'
  return (
    <form
      className="mt-6 flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (words() !== '') void act('comment', { comment: words() })
      }}
    >
      <label className="flex flex-col gap-1 text-sm font-medium">
        Your answer
        <textarea
          ref={field}
          rows={4}
          maxLength={65_536}
          placeholder="Markdown; people must be signed in to write"
          className="field !h-auto py-2 font-normal"
        />
      </label>
      {failure && (
        <p role="alert" className="text-sm text-bad">
          {failure}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" disabled={pending}>
          Comment
        </Button>
        {status !== 'merged' && (
          <Button
            disabled={pending}
            onClick={() => act('status', { status: isOpen ? 'closed' : 'open', comment: words() || undefined })}
          >
            {isOpen ? 'Close' : 'Open again'}
          </Button>
        )}
        {isPull && isOpen && (
          <Button disabled={pending} onClick={() => act('merge', {})}>
            Merge
          </Button>
        )}
      </div>
    </form>
  )
}
