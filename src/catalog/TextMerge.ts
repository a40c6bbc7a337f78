import { diffArrays } from 'diff'

/** Some lines of the base and what one side put in their place. */
type Edit = { start: number; end: number; lines: string[] }

/** Texts that differ in more lines than this count as conflicts. A number and not a time: the result is always the same. */
const limits = { maxEditLength: 500 }

const linesOf = (text: string): string[] => text.split(/(?<=\n)/)

/** The text with the changes of both sides, or undefined where they touch the same or neighbouring lines. */
export const merge = (base: string, ours: string, theirs: string): string | undefined => {
  const lines = linesOf(base)
  const [our, their] = [editsOf(lines, linesOf(ours)), editsOf(lines, linesOf(theirs))]
  if (!our || !their) return undefined
  const edits = combine(our, their)
  if (!edits) return undefined
  const merged: string[] = []
  let at = 0
  for (const { start, end, lines: put } of edits) {
    merged.push(...lines.slice(at, start), ...put)
    at = end
  }
  return [...merged, ...lines.slice(at)].join('')
}

const editsOf = (base: string[], side: string[]): Edit[] | undefined => {
  const parts = diffArrays(base, side, limits)
  if (!parts) return undefined
  const edits: Edit[] = []
  let at = 0
  let open: Edit | undefined
  for (const { added, removed, value } of parts) {
    if (!added && !removed) {
      at += value.length
      open = undefined
      continue
    }
    if (!open) {
      open = { start: at, end: at, lines: [] }
      edits.push(open)
    }
    if (added) open.lines.push(...value)
    else {
      at += value.length
      open.end = at
    }
  }
  return edits
}

/** Edits of both sides in order; the same edit on both sides counts once. Undefined where two meet. */
const combine = (our: readonly Edit[], their: readonly Edit[]): Edit[] | undefined => {
  const edits: Edit[] = []
  for (const edit of [...our, ...their].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = edits.at(-1)
    if (!last || edit.start > last.end) edits.push(edit)
    else if (!same(last, edit)) return undefined
  }
  return edits
}

const same = (a: Edit, b: Edit): boolean =>
  a.start === b.start &&
  a.end === b.end &&
  a.lines.length === b.lines.length &&
  a.lines.every((line, i) => line === b.lines[i])
