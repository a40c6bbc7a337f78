'use client'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Dialog } from '@/components/ui/Dialog.tsx'
import { signInOn401 } from '@/lib/sign-in-on-401.ts'
import { hubJson } from '@/wallet/session.ts'
import type { Where } from './NewDiscussion.tsx'

type Props = Where & { open: boolean; onOpenChange: (open: boolean) => void }

/** Title and words of a new discussion, or of a pull request that begins at the main branch. */
export const NewDiscussionDialog = ({ api, path, ...state }: Props) => {
  const router = useRouter()
  const [failure, setFailure] = useState<string>()
  const [pending, setPending] = useState(false)
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setPending(true)
    setFailure(undefined)
    try {
      const body = {
        title: form.get('title'),
        description: form.get('description'),
        pullRequest: form.get('kind') === 'pull',
      }
      const { num } = await hubJson<{ num: number }>(`${api}/discussions`, { method: 'POST', body })
      router.push(`${path}/${num}`)
    } catch (error) {
      setPending(false)
      try {
        signInOn401(error)
      } catch {
        setFailure((error as Error).message)
      }
    }
  }
  return (
    <Dialog title="New discussion" {...state}>
      <form onSubmit={send} className="flex flex-col gap-3 text-sm">
        <label className="flex flex-col gap-1">
          Title
          <input name="title" required maxLength={255} className="field" />
        </label>
        <label className="flex flex-col gap-1">
          Words (Markdown)
          <textarea name="description" rows={6} maxLength={65_536} className="field !h-auto py-2" />
        </label>
        <fieldset className="flex flex-wrap gap-4">
          <legend className="sr-only">Kind</legend>
          <label className="flex items-center gap-2">
            <input type="radio" name="kind" value="talk" defaultChecked className="accent-accent" /> Discussion
          </label>
          <label className="flex items-center gap-2">
            <input type="radio" name="kind" value="pull" className="accent-accent" /> Pull request
          </label>
        </fieldset>
        {failure && (
          <p role="alert" className="text-bad">
            {failure}
          </p>
        )}
        <Button type="submit" variant="primary" disabled={pending}>
          {pending ? 'Sending…' : 'Post'}
        </Button>
      </form>
    </Dialog>
  )
}
