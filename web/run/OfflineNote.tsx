'use client'
import { forgetPages, useKept } from './offline.ts'

/** Says that the page opens without a network, and takes that back. */
export const OfflineNote = () => {
  const kept = useKept()
  if (!kept) return null
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-xs text-ink-2">
      This page is kept in this browser and opens without a network.
      <button type="button" onClick={() => void forgetPages()} className="touch link">
        Forget it
      </button>
    </p>
  )
}
