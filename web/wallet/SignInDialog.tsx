'use client'
import { KeyRound, Wallet as WalletIcon } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Dialog } from '@/components/ui/Dialog.tsx'
import * as Burner from './Burner.ts'
import { type Choice, choices, connectTo } from './connected.ts'
import { Problem } from './Problem.tsx'
import { loadSession } from './session.ts'
import type { Wallet } from './Wallet.ts'
import { signInWith } from './wallets.ts'

/** Signing in: with a wallet of the person's, or with a key that this browser makes. */
export const SignInDialog = ({ onClose }: { onClose: () => void }) => {
  const [wallets, setWallets] = useState<Choice[]>()
  const [busy, setBusy] = useState<string>()
  const [problem, setProblem] = useState<unknown>()
  const [name, setName] = useState('')
  useEffect(() => {
    // A person who signed in on the plain page is signed in here too.
    loadSession(true).then(({ user }) => user && onClose(), setProblem)
    choices().then(setWallets, setProblem)
  }, [onClose])
  const signIn = async (id: string, wallet: () => Wallet | Promise<Wallet>) => {
    setBusy(id)
    setProblem(undefined)
    try {
      await signInWith(await wallet(), name.trim())
      onClose()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(undefined)
    }
  }
  const hasKey = Burner.exportKey() !== null
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Sign in"
      description="You sign a short text with the address of this site. It costs nothing and moves nothing."
    >
      <div className="grid gap-5">
        <Way icon={<WalletIcon />} title="Your wallet">
          {wallets?.length === 0 && <p className="text-sm text-ink-2">No wallet was found in this browser.</p>}
          <div className="flex flex-wrap gap-2">
            {wallets?.map(({ id, name, icon }) => (
              <Button
                key={id}
                variant="primary"
                disabled={busy !== undefined}
                onClick={() => signIn(id, () => connectTo(id))}
              >
                {icon?.startsWith('data:image/') && <img src={icon} alt="" className="size-4" />}
                {busy === id ? `Waiting for ${name}…` : name}
              </Button>
            ))}
          </div>
        </Way>
        <Way icon={<KeyRound />} title="No wallet: a key in this browser">
          <p className="text-sm text-ink-2">
            A new key is made and kept in this browser only. It can publish, own models and earn, and gas is paid for
            you. Nobody can restore it: export it before you clear this browser's data, and move large sums to a wallet.
          </p>
          <Button disabled={busy !== undefined} onClick={() => signIn('burner', Burner.create)}>
            {hasKey ? 'Continue with the key in this browser' : 'Make a key and sign in'}
          </Button>
          <ImportKey onKey={(text) => signIn('import', () => Burner.importKey(text))} disabled={busy !== undefined} />
        </Way>
        <label className="grid gap-1 text-sm">
          <span>
            Name of a new account <span className="text-ink-3">(optional; your address otherwise)</span>
          </span>
          <input
            className="field"
            autoComplete="username"
            maxLength={96}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        {problem !== undefined && <Problem error={problem} />}
        <p className="text-xs text-ink-3">
          With a token of the command line, use{' '}
          <a href="/login" className="link">
            the plain sign-in page
          </a>
          .
        </p>
      </div>
    </Dialog>
  )
}

const Way = ({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) => (
  <section className="grid gap-2">
    <h3 className="flex items-center gap-2 text-sm font-semibold [&_svg]:size-4">
      {icon}
      {title}
    </h3>
    {children}
  </section>
)

const ImportKey = ({ onKey, disabled }: { onKey: (text: string) => void; disabled: boolean }) => {
  const [text, setText] = useState('')
  return (
    <details className="text-sm">
      <summary className="link w-fit">Import a key</summary>
      <form
        className="mt-2 flex gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          onKey(text)
        }}
      >
        <input
          className="field font-mono"
          type="password"
          autoComplete="off"
          aria-label="Private key, 64 hexadecimal digits"
          placeholder="0x…"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" disabled={disabled || text === ''}>
          Import
        </Button>
      </form>
      <p className="mt-1 text-xs text-ink-3">It takes the place of a key that is in this browser now.</p>
    </details>
  )
}
