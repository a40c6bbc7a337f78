'use client'
import { X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Steps } from './Steps.tsx'
import { saved, useWrites } from './WriteStore.ts'
import { resume } from './writes.ts'

const startedHere = performance.timeOrigin

/** Writes that were under way when a page was closed: they go on here. */
export const PendingWrites = () => {
  const writes = useWrites()
  const begun = useRef(new Set<string>())
  const old = writes.filter(({ at }) => at < startedHere)
  useEffect(() => {
    for (const write of old) {
      if (begun.current.has(write.id) || write.step === 'failed' || write.step === 'done') continue
      begun.current.add(write.id)
      // One tab at a time works on a write.
      navigator.locks.request(`dehug:${write.id}`, { ifAvailable: true }, (lock) => (lock ? resume(write) : undefined))
    }
  })
  const shown = old.filter((write) => begun.current.has(write.id) || write.step === 'failed')
  if (shown.length === 0) return null
  return (
    <section
      aria-label="Under way"
      className="fixed bottom-16 right-3 z-40 grid w-80 max-w-[calc(100vw-1.5rem)] gap-2 lg:bottom-3"
    >
      {shown.map((write) => (
        <div key={write.id} className="panel p-3 shadow-lg">
          <div className="mb-2 flex items-start justify-between gap-2">
            <h2 className="text-sm font-semibold">{write.title}</h2>
            <button
              type="button"
              onClick={() => saved.remove(write.id)}
              className="touch inline-flex size-7 items-center justify-center rounded-md text-ink-2 hover:bg-raised"
            >
              <X className="size-4" aria-hidden />
              <span className="sr-only">Close</span>
            </button>
          </div>
          <Steps write={write} />
        </div>
      ))}
    </section>
  )
}
