'use client'
import { useEffect, useState } from 'react'
import { Button, buttonClass } from '@/components/ui/Button.tsx'
import { CopyButton } from '@/components/ui/CopyButton.tsx'
import { Dialog } from '@/components/ui/Dialog.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import * as Burner from './Burner.ts'
import { Problem } from './Problem.tsx'
import { type Session, signOut } from './session.ts'
import type { Wallet } from './Wallet.ts'
import { activeWallet, leaveWallet } from './wallets.ts'

const links = [
  { href: '/notifications', label: 'Notifications' },
  { href: '/dashboard', label: 'Dashboard' },
  { href: '/billing', label: 'Billing' },
  { href: '/keys', label: 'Keys' },
]

/** Who is signed in, with which wallet, and the way to one's own pages. */
export const AccountDialog = ({ user, onClose }: { user: NonNullable<Session['user']>; onClose: () => void }) => {
  const [wallet, setWallet] = useState<Wallet>()
  const [problem, setProblem] = useState<unknown>()
  useEffect(() => {
    activeWallet().then(setWallet, setProblem)
  }, [])
  const leave = async () => {
    try {
      await signOut()
      await leaveWallet()
      onClose()
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Your account" shape="drawer">
      <div className="grid gap-5">
        <div>
          <p className="break-all font-medium">{user.fullname || user.name}</p>
          {user.address && <Hash value={user.address} what="address" keep={8} />}
        </div>
        <nav aria-label="Your pages" className="grid gap-2">
          {[{ href: `/u/${user.name}`, label: 'Profile' }, ...links].map(({ href, label }) => (
            <Link key={href} href={href} onClick={onClose} className={buttonClass({}, '!justify-start')}>
              {label}
            </Link>
          ))}
        </nav>
        <p className="text-sm text-ink-2">
          {wallet ? `${wallet.name} signs.` : 'No wallet signs now; you are asked when one is needed.'}
        </p>
        {wallet?.kind === 'burner' && <BrowserKey />}
        {problem !== undefined && <Problem error={problem} />}
        <Button onClick={leave}>Sign out</Button>
      </div>
    </Dialog>
  )
}

const BrowserKey = () => {
  const [shown, setShown] = useState(false)
  const key = Burner.exportKey() ?? ''
  return (
    <section className="grid gap-2 rounded-md bg-warn-soft p-3 text-sm">
      <h3 className="font-semibold">The key in this browser</h3>
      <p>
        Whoever can open this browser profile can use it, and it is lost when this site's data is cleared. Keep a copy.
      </p>
      {shown ? (
        <p className="flex items-start gap-1">
          <code className="break-all font-mono text-xs">{key}</code>
          <CopyButton text={key} what="private key" />
        </p>
      ) : (
        <Button onClick={() => setShown(true)}>Show the key</Button>
      )}
      <a
        className={buttonClass()}
        download="dehug-key.txt"
        href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${key}\n`)}`}
      >
        Save as a file
      </a>
    </section>
  )
}
