'use client'
import { Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'

const NewDiscussionDialog = dynamic(() => import('./NewDiscussionDialog.tsx').then((m) => m.NewDiscussionDialog), {
  ssr: false,
})

export type Where = { api: string; path: string }

/** Opens the form for a new discussion. */
export const NewDiscussion = (where: Where) => {
  const [open, setOpen] = useState<boolean>()
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)} aria-haspopup="dialog">
        <Plus aria-hidden /> New discussion
      </Button>
      {open !== undefined && <NewDiscussionDialog {...where} open={open} onOpenChange={setOpen} />}
    </>
  )
}
