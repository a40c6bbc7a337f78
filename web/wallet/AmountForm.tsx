'use client'
import { type ReactNode, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { microOf } from './amount.ts'

type Props = {
  label: string
  action: string
  initial?: string
  disabled?: boolean
  note?: ReactNode
  onAmount: (micro: bigint) => void
}

/** An amount in dollars, and what is done with it. */
export const AmountForm = ({ label, action, initial = '', disabled = false, note, onAmount }: Props) => {
  const [text, setText] = useState(initial)
  const micro = microOf(text)
  const wrong = text !== '' && micro === undefined
  return (
    <form
      className="grid gap-1 text-sm"
      onSubmit={(event) => {
        event.preventDefault()
        if (micro !== undefined) onAmount(micro)
      }}
    >
      <label className="grid gap-1">
        <span className="font-medium">{label}</span>
        <span className="flex gap-2">
          <input
            className="field num !w-36"
            inputMode="decimal"
            aria-invalid={wrong}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button type="submit" disabled={disabled || micro === undefined}>
            {action}
          </Button>
        </span>
      </label>
      <p className={wrong ? 'text-xs text-bad' : 'text-xs text-ink-3'}>
        {wrong ? 'An amount has at most six decimals, like 12.50.' : note}
      </p>
    </form>
  )
}
