'use client'
import { useRouter } from 'next/navigation'
import { useState, useTransition } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { signInOn401 } from '@/lib/sign-in-on-401.ts'
import { hubJson } from '@/wallet/session.ts'

type Props = { name: string; kind: 'user' | 'org' | 'wallet'; following: boolean }

/** Follows a person or organization, or stops. */
export const FollowButton = ({ name, kind, following }: Props) => {
  const router = useRouter()
  const [follows, setFollows] = useState(following)
  const [pending, start] = useTransition()
  const toggle = () =>
    start(async () => {
      const path = `/api/${kind === 'org' ? 'organizations' : 'users'}/${encodeURIComponent(name)}/follow`
      try {
        await hubJson(path, { method: follows ? 'DELETE' : 'POST' })
        setFollows(!follows)
        router.refresh()
      } catch (error) {
        signInOn401(error)
      }
    })
  return (
    <Button onClick={toggle} disabled={pending} aria-pressed={follows}>
      {follows ? 'Following' : 'Follow'}
    </Button>
  )
}
