'use client'
import { Search } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type FormEvent, useEffect, useRef } from 'react'
import { pagePath } from '@/lib/repo-path.ts'
import { useSuggestions } from './use-suggestions.ts'

/** Search from every page: a plain form that Ctrl-K or `/` brings the focus to. */
export const SearchBox = () => {
  const router = useRouter()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)
      const wanted = (event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !typing)
      if (!wanted) return
      event.preventDefault()
      input.current?.focus()
      input.current?.select()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  const { suggestions, ask } = useSuggestions()
  /** A name that was chosen from the list leads straight to its page. */
  const go = (event: FormEvent<HTMLFormElement>) => {
    const chosen = suggestions.find(({ id }) => id === input.current?.value)
    if (!chosen) return
    event.preventDefault()
    router.push(pagePath(chosen.type, chosen.id))
  }
  return (
    <search className="min-w-0 flex-1 md:max-w-md">
      <form action="/models" className="relative" onSubmit={go}>
        <Search
          className="pointer-events-none absolute left-2.5 top-1/2 size-4 -translate-y-1/2 text-ink-3"
          aria-hidden
        />
        <input
          ref={input}
          type="search"
          name="search"
          aria-label="Search models"
          aria-keyshortcuts="Control+K"
          placeholder="Search models"
          autoComplete="off"
          list="suggestions"
          onChange={(event) => ask(event.target.value)}
          className="field !pl-8 md:!pr-16"
        />
        <datalist id="suggestions">
          {suggestions.map(({ type, id }) => (
            <option key={`${type}:${id}`} value={id}>
              {type}
            </option>
          ))}
        </datalist>
        <kbd className="pointer-events-none absolute right-2 top-1/2 hidden -translate-y-1/2 rounded-sm border border-line bg-raised px-1.5 font-sans text-xs text-ink-2 md:block">
          Ctrl K
        </kbd>
      </form>
    </search>
  )
}
