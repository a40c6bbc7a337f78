'use client'
import { type ReactNode, useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { askToSignIn } from './AccountMenu.tsx'
import { Problem } from './Problem.tsx'
import { loadSession, type Session, useSession } from './session.ts'

/** What only somebody who is signed in sees; others get the way in. */
export const SignedIn = ({
  what,
  children,
}: {
  what: string
  children: (user: NonNullable<Session['user']>) => ReactNode
}) => {
  const session = useSession()
  const [problem, setProblem] = useState<unknown>()
  useEffect(() => {
    loadSession().catch(setProblem)
  }, [])
  if (problem !== undefined) return <Problem error={problem} />
  if (!session) {
    return (
      <div role="status">
        <span className="sr-only">Loading…</span>
        <Skeleton className="h-40" />
      </div>
    )
  }
  if (session.user) return children(session.user)
  return (
    <EmptyState
      title={`Sign in to ${what}`}
      action={
        <Button variant="primary" onClick={askToSignIn}>
          Sign in
        </Button>
      }
    >
      A wallet is not needed: this browser can make a key for you, and gas is paid for you.
    </EmptyState>
  )
}

/** What belongs to a wallet; who is signed in without one reads why there is nothing. */
export const WithWallet = ({
  what,
  why,
  children,
}: {
  what: string
  why: string
  children: (address: string) => ReactNode
}) => (
  <SignedIn what={what}>
    {({ address }) => (address ? children(address) : <EmptyState title="This account has no wallet">{why}</EmptyState>)}
  </SignedIn>
)
