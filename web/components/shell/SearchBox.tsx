'use client'
import { Search } from 'lucide-react'
import { useEffect, useRef } from 'react'

/** Search from every page: a plain form that Ctrl-K or `/` brings the focus to. */
export const SearchBox = () => {
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
  return (
    <search className="min-w-0 flex-1 md:max-w-md">
      <form action="/models" className="relative">
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
          className="field !pl-8 md:!pr-16"
        />
        <kbd className="pointer-events-none absolute right-2 top-1/2 hidden -translate-y-1/2 rounded-sm border border-line bg-raised px-1.5 font-sans text-xs text-ink-2 md:block">
          Ctrl K
        </kbd>
      </form>
    </search>
  )
}
