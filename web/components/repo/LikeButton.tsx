'use client'
import { clsx } from 'clsx'
import { Heart } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState, useTransition } from 'react'
import { compact } from '@/lib/format.ts'
import { signInOn401 } from '@/lib/sign-in-on-401.ts'
import { hubJson } from '@/wallet/session.ts'

/** Likes a repository; who is not signed in is led to it. */
export const LikeButton = ({ api, likes, isLiked }: { api: string; likes: number; isLiked: boolean }) => {
  const router = useRouter()
  const [liked, setLiked] = useState(isLiked)
  const [pending, start] = useTransition()
  const toggle = () =>
    start(async () => {
      try {
        await hubJson(`${api}/like`, { method: liked ? 'DELETE' : 'POST' })
        setLiked(!liked)
        router.refresh()
      } catch (error) {
        signInOn401(error)
      }
    })
  return (
    <button
      type="button"
      onClick={toggle}
      disabled={pending}
      aria-pressed={liked}
      className="touch inline-flex h-8 items-center gap-1.5 rounded-md border border-line-strong px-2.5 text-[0.8125rem] hover:bg-raised"
    >
      <Heart className={clsx('size-4', liked && 'fill-current text-bad')} aria-hidden />
      Like <span className="num text-ink-2">{compact(likes)}</span>
    </button>
  )
}
