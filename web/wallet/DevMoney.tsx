'use client'
import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { giveDevMoney, hasDevMoney } from './dev-money.ts'
import { Problem } from './Problem.tsx'

const gift = 20_000_000n

/** Play money on a development chain; elsewhere nothing. */
export const DevMoney = ({ address, onDone }: { address: string; onDone: () => void }) => {
  const [here, setHere] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  useEffect(() => {
    hasDevMoney().then(setHere, () => undefined)
  }, [])
  if (!here) return null
  const give = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const tx = await giveDevMoney(address, gift)
      const { mined } = await import('./writes.ts')
      await mined(tx)
      onDone()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="grid content-start gap-1 text-sm">
      <p className="font-medium">This is a development chain</p>
      <Button className="w-fit" disabled={busy} onClick={give}>
        {busy ? 'Under way…' : 'Get 20 play USDC'}
      </Button>
      <p className="text-xs text-ink-3">From a funded development account, with no value anywhere else.</p>
      {problem !== undefined && <Problem error={problem} />}
    </div>
  )
}
