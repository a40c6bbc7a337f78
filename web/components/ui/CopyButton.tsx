'use client'
import { clsx } from 'clsx'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'

/** Copies a text; says so to screen readers too. */
export const CopyButton = ({ text, what, className }: { text: string; what: string; className?: string }) => {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <button
      type="button"
      onClick={copy}
      className={clsx(
        'touch inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-3 hover:bg-raised hover:text-ink',
        className,
      )}
    >
      {copied ? <Check className="size-3.5 text-good" aria-hidden /> : <Copy className="size-3.5" aria-hidden />}
      <span className="sr-only" aria-live="polite">
        {copied ? `${what} copied` : `Copy ${what}`}
      </span>
    </button>
  )
}
