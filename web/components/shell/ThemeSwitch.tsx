'use client'
import { Moon, Sun } from 'lucide-react'

const year = 31_536_000

/** Changes the theme and remembers it in a cookie, which the server reads: no flash on the next page. */
export const ThemeSwitch = () => {
  const change = () => {
    const root = document.documentElement
    const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
    const next = (root.dataset.theme ?? system) === 'dark' ? 'light' : 'dark'
    root.dataset.theme = next
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
    document.cookie = `theme=${next}; path=/; max-age=${year}; samesite=lax`
  }
  return (
    <button
      type="button"
      onClick={change}
      className="touch inline-flex size-9 items-center justify-center rounded-md text-ink-2 hover:bg-raised hover:text-ink"
    >
      <span className="sr-only">Switch between light and dark</span>
      <Sun className="theme-light size-4" aria-hidden />
      <Moon className="theme-dark size-4" aria-hidden />
    </button>
  )
}
