'use client'
import { KeyRound } from 'lucide-react'
import { useId, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { forgetApiKey, keepApiKey } from './api-key.ts'
import { returning } from './kept-draft.ts'

const form = /^sk-dehug-[A-Za-z0-9_-]{43}$/

/** Who pays: the key that this browser keeps, or a place to paste one. */
export const KeyBar = ({ apiKey, back }: { apiKey: string | undefined; back?: string }) => {
  const id = useId()
  const [text, setText] = useState('')
  const wrong = text !== '' && !form.test(text.trim())
  if (apiKey) {
    return (
      <p className="flex flex-wrap items-center gap-2 text-sm">
        <KeyRound className="size-4 text-ink-3" aria-hidden />
        <span>
          Paid by the key <code className="font-mono text-xs">…{apiKey.slice(-6)}</code>
        </span>
        <Button variant="ghost" size="sm" onClick={forgetApiKey}>
          Forget it
        </Button>
      </p>
    )
  }
  const keep = () => {
    if (form.test(text.trim())) keepApiKey(text)
  }
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        Inference key, which says who pays
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          type="password"
          autoComplete="off"
          placeholder="sk-dehug-…"
          value={text}
          aria-invalid={wrong}
          aria-describedby={`${id}-note`}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            keep()
          }}
          className="field min-w-0"
        />
        <Button onClick={keep} disabled={!form.test(text.trim())}>
          Keep
        </Button>
      </div>
      <p id={`${id}-note`} className="mt-1 text-xs text-ink-2">
        {wrong ? 'A key is sk-dehug- and 43 characters. ' : 'It stays in this browser. '}
        <Link href={returning('/keys', back)} className="link">
          Make a key
        </Link>{' '}
        with a limit of your own.
      </p>
    </div>
  )
}
