'use client'
import { Bookmark, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Link } from '@/components/ui/Link.tsx'

type Saved = { name: string; href: string }

const most = 20

const read = (key: string): Saved[] => {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(found) ? found.filter(isSaved).slice(0, most) : []
  } catch {
    return []
  }
}

const isSaved = (item: unknown): item is Saved =>
  typeof item === 'object' &&
  item !== null &&
  typeof (item as Saved).name === 'string' &&
  /^\/(models|datasets)(\?|$)/.test(String((item as Saved).href))

/** Searches that this browser remembers. */
export const SavedSearches = ({ path, current, name }: { path: string; current: string; name: string }) => {
  const key = `dehug.searches:${path}`
  const [saved, setSaved] = useState<Saved[]>([])
  useEffect(() => setSaved(read(key)), [key])
  const keep = (next: Saved[]) => {
    setSaved(next)
    localStorage.setItem(key, JSON.stringify(next))
  }
  const isKept = saved.some(({ href }) => href === current)
  return (
    <section aria-label="Saved searches" className="mt-6 border-t border-line pt-4 empty:hidden">
      {saved.length > 0 && (
        <ul className="mb-2">
          {saved.map(({ name, href }) => (
            <li key={href} className="flex items-center gap-1">
              <Link href={href} className="min-w-0 flex-1 truncate py-1 text-sm hover:underline">
                {name}
              </Link>
              <button
                type="button"
                onClick={() => keep(saved.filter((other) => other.href !== href))}
                className="touch inline-flex size-6 items-center justify-center rounded-md text-ink-3 hover:bg-raised"
              >
                <X className="size-3.5" aria-hidden />
                <span className="sr-only">Forget {name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {name !== '' && !isKept && (
        <Button size="sm" onClick={() => keep([{ name, href: current }, ...saved].slice(0, most))}>
          <Bookmark aria-hidden /> Save this search
        </Button>
      )}
    </section>
  )
}
