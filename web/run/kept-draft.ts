'use client'
import { useEffect, useRef, useState } from 'react'
import type { Draft, Shared } from './draft.ts'

/** What somebody was writing when they left for a key or for money. */
export type Writing = { ids: string[]; draft: Draft; where: Shared['where'] }

const place = 'dehug.draft'
const mark = 'draft'

/** Keeps it in this tab; a picture that is too large for that is left out. */
const keepDraft = (kept: Writing): void => {
  try {
    sessionStorage.setItem(place, JSON.stringify(kept))
  } catch {
    const small = { ...kept, draft: { ...kept.draft, image: '' } }
    sessionStorage.setItem(place, JSON.stringify(small))
  }
}

/** The address of this page that brings back what was kept. */
export const wayBack = (path: string, ids: string[]): string =>
  `${path}?${new URLSearchParams([...ids.map((id) => ['model', id]), [mark, 'kept']])}`

/** What was kept, where the address asks for it; undefined for what is not of this form. */
const keptDraft = (like: Draft): Writing | undefined => {
  if (new URLSearchParams(location.search).get(mark) !== 'kept') return undefined
  try {
    const { ids, draft, where } = JSON.parse(sessionStorage.getItem(place) ?? '') as Writing
    if (!ids.every((id) => typeof id === 'string')) return undefined
    const fields = Object.keys(like) as (keyof Draft)[]
    const isDraft = fields.every((field) => typeof draft[field] === typeof like[field])
    return isDraft ? { ids, draft, where: where === 'browser' ? where : 'provider' } : undefined
  } catch {
    return undefined
  }
}

/** A page that leads back to where its visitor was. */
export const returning = (page: string, back: string | undefined): string =>
  back === undefined ? page : `${page}?return=${encodeURIComponent(back)}`

/** What is being written, kept in this tab; an address that asks for it brings back what was kept. */
export const useWriting = (
  begin: () => Writing,
  /** Which of the kept models can be shown here. */
  known: (ids: string[]) => string[],
): [Writing, (change: Partial<Writing>) => void] => {
  const [writing, setWriting] = useState(begin)
  const isOpen = useRef(false)
  useEffect(() => {
    if (isOpen.current) return keepDraft(writing)
    isOpen.current = true
    const kept = keptDraft(writing.draft)
    const ids = known(kept?.ids ?? [])
    if (kept && ids.length > 0) setWriting({ ...kept, ids })
  }, [writing])
  return [writing, (change) => setWriting((now) => ({ ...now, ...change }))]
}
