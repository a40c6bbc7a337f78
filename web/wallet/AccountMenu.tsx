'use client'
import dynamic from 'next/dynamic'
import { useEffect, useState } from 'react'
import { buttonClass } from '@/components/ui/Button.tsx'
import { short } from '@/lib/format.ts'
import { hintedName, loadSession, useSession } from './session.ts'

const SignInDialog = dynamic(() => import('./SignInDialog.tsx').then((room) => room.SignInDialog), { ssr: false })
const AccountDialog = dynamic(() => import('./AccountDialog.tsx').then((room) => room.AccountDialog), { ssr: false })
const PendingWrites = dynamic(() => import('./PendingWrites.tsx').then((room) => room.PendingWrites), { ssr: false })

/** Who is signed in, or the way to it. Everything about wallets is loaded when it is wanted. */
export const AccountMenu = () => {
  const session = useSession()
  const [hint, setHint] = useState<string | null>(null)
  const [open, setOpen] = useState(false)
  const [pending, setPending] = useState(false)
  useEffect(() => {
    setHint(hintedName())
    setPending(localStorage.getItem('dehug.writes') !== null)
    if (hintedName() !== null) loadSession().catch(() => undefined)
    const show = () => setOpen(true)
    addEventListener('dehug:sign-in', show)
    return () => removeEventListener('dehug:sign-in', show)
  }, [])
  const name = session ? session.user?.name : hint
  return (
    <>
      {name ? (
        <button type="button" onClick={() => setOpen(true)} className={buttonClass({}, 'max-w-40')}>
          <span className="truncate">{name.startsWith('0x') ? short(name) : name}</span>
          <span className="sr-only">, your account</span>
        </button>
      ) : (
        <a
          href="/login"
          className={buttonClass()}
          onClick={(event) => {
            event.preventDefault()
            setOpen(true)
          }}
        >
          Sign in
        </a>
      )}
      {open && !session?.user && <SignInDialog onClose={() => setOpen(false)} />}
      {open && session?.user && <AccountDialog user={session.user} onClose={() => setOpen(false)} />}
      {pending && <PendingWrites />}
    </>
  )
}

/** Opens the sign-in from anywhere on the page. */
export const askToSignIn = (): void => {
  dispatchEvent(new Event('dehug:sign-in'))
}
