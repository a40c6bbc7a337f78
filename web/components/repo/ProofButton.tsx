'use client'
import { ShieldCheck } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import type { RepoType } from '@/lib/types.ts'

const ProofDrawer = dynamic(() => import('./ProofDrawer.tsx').then((module) => module.ProofDrawer), { ssr: false })

export type ProofOf = { type: RepoType; id: string; version: string; path?: string }

/** Opens the proof of a version, or of one file of it; its code comes when it is asked for. */
export const ProofButton = (of: ProofOf) => {
  const [open, setOpen] = useState<boolean>()
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)} aria-haspopup="dialog">
        <ShieldCheck aria-hidden /> Proof
      </Button>
      {open !== undefined && <ProofDrawer {...of} open={open} onOpenChange={setOpen} />}
    </>
  )
}
