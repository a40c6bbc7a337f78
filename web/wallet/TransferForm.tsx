'use client'
import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Problem } from './Problem.tsx'
import { Field } from './publish/Field.tsx'
import type { Wallet } from './Wallet.ts'
import { activeWallet } from './wallets.ts'

type Props = { modelId: bigint; disabled: boolean; onDone: () => void }

/** Giving the NFT away: the one thing that is the wallet's own transaction, as with any NFT. */
export const TransferForm = ({ modelId, disabled, onDone }: Props) => {
  const [to, setTo] = useState('')
  const [wallet, setWallet] = useState<Wallet>()
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  useEffect(() => {
    activeWallet().then(setWallet, () => undefined)
  }, [])
  const isAddress = /^0x[0-9a-fA-F]{40}$/.test(to)
  const send = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const [{ transferNft }, { mined }] = await Promise.all([import('./connected.ts'), import('./writes.ts')])
      await mined(await transferNft(modelId, to as `0x${string}`))
      onDone()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  if (!disabled && wallet?.kind === 'burner') {
    return (
      <p className="text-sm text-ink-2">
        A transfer is a transaction of the wallet that holds the NFT and needs some ETH for gas. Import this browser's
        key into a wallet to make it.
      </p>
    )
  }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        return send()
      }}
    >
      <Field label="To" note="What is due to you until then stays yours; everything you signed for it ends.">
        {(props) => (
          <input
            {...props}
            className="field max-w-lg font-mono"
            placeholder="0x…"
            disabled={disabled}
            value={to}
            onChange={(event) => setTo(event.target.value.trim())}
          />
        )}
      </Field>
      <label className="flex gap-2 text-sm">
        <input type="checkbox" disabled={disabled} checked={sure} onChange={(event) => setSure(event.target.checked)} />
        It leaves my wallet for good. My wallet pays the gas.
      </label>
      {problem !== undefined && <Problem error={problem} />}
      <Button type="submit" variant="danger" className="w-fit" disabled={disabled || busy || !sure || !isAddress}>
        {busy ? 'Under way…' : 'Transfer'}
      </Button>
    </form>
  )
}
