'use client'
import { useSearchParams } from 'next/navigation'
import { LinkButton } from '@/components/ui/Button.tsx'

/** The way back to the page of this site that led here for money or a key. */
export const BackLink = () => {
  const back = useSearchParams().get('return')
  if (!back || !/^\/(?![/\\])/.test(back)) return null
  return (
    <LinkButton href={back} className="w-fit">
      Back to where you were
    </LinkButton>
  )
}
