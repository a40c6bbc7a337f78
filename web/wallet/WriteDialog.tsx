'use client'
import type { Connection } from 'dehug/sdk/web'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Dialog } from '@/components/ui/Dialog.tsx'
import { askToSignIn } from './AccountMenu.tsx'
import { Problem } from './Problem.tsx'
import { Steps, Summary } from './Steps.tsx'
import type { Wallet } from './Wallet.ts'
import { type Line, saved, useWrites } from './WriteStore.ts'
import { activeWallet } from './wallets.ts'
import { connectionFor, settle } from './writes.ts'

/** Something that the person is asked to sign. */
export type Wish = {
  title: string
  lines: Line[]
  /** Where the result is. */
  href?: string
  act: (connection: Connection.Connection, wallet: Wallet) => Promise<void>
  /** Called when everything is visible. */
  onDone?: () => void
}

/** Says first what is signed, how much it can cost and who gets it; then shows each step until it is visible everywhere. */
export const WriteDialog = ({ wish, onClose }: { wish: Wish; onClose: () => void }) => {
  const [id, setId] = useState<string>()
  const [problem, setProblem] = useState<unknown>()
  const write = useWrites().find((candidate) => candidate.id === id)
  const sign = async () => {
    setProblem(undefined)
    const wallet = await activeWallet().catch(() => undefined)
    if (!wallet) return askToSignIn()
    const begun = saved.begin(wish)
    setId(begun)
    try {
      await navigator.locks.request(`dehug:${begun}`, async () => {
        await wish.act(connectionFor(wallet.signer, begun), wallet)
        await settle(begun)
      })
      wish.onDone?.()
    } catch (error) {
      saved.remove(begun)
      setProblem(error)
    }
  }
  const close = () => {
    if (id && write?.step === 'done') saved.remove(id)
    onClose()
  }
  const busy = write !== undefined && write.step !== 'done'
  return (
    <Dialog open onOpenChange={(open) => !open && close()} title={wish.title} description="Gas is paid for you.">
      <div className="grid gap-4">
        <Summary lines={wish.lines} />
        {write && <Steps write={write} />}
        {problem !== undefined && <Problem error={problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{write?.step === 'done' ? 'Close' : 'Cancel'}</Button>
          {write?.step !== 'done' && (
            <Button variant="primary" disabled={busy} onClick={sign}>
              {busy ? 'Under way…' : 'Sign'}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  )
}
