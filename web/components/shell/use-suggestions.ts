import { useRef, useState } from 'react'
import type { RepoType } from '@/lib/types.ts'

type Suggestion = { id: string; type: RepoType }

const pauseMs = 150

/** Names that begin like what is typed; an answer that comes late is dropped. */
export const useSuggestions = () => {
  const [suggestions, setSuggestions] = useState<Suggestion[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const newest = useRef('')
  const ask = (text: string) => {
    newest.current = text
    clearTimeout(timer.current)
    if (text.trim().length < 2) return
    timer.current = setTimeout(async () => {
      const answer = await fetch(`/api/dehug/suggest?limit=8&q=${encodeURIComponent(text)}`).catch(() => undefined)
      if (!answer?.ok || newest.current !== text) return
      const { repos } = (await answer.json()) as { repos: { id: string; type: string }[] }
      setSuggestions(repos.flatMap(({ id, type }) => (type === 'model' || type === 'dataset' ? [{ id, type }] : [])))
    }, pauseMs)
  }
  return { suggestions, ask }
}
