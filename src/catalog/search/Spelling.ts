import type { Db } from '../database.ts'
import * as TagCounts from '../TagCounts.ts'
import * as Terms from './Terms.ts'

/** Fewer letters are too few to guess. */
const shortest = 4
/** From so many letters on two may be wrong; the first is hardly ever, and has to be right until there are more. */
const twoWrongFrom = 5
const anyFirstFrom = 8

type Words = Map<string, number>
const kept = new WeakMap<object, Words>()

/**
 * The words with those that no tag of a public repository has replaced by the nearest that one has; undefined where there
 * is nothing to correct. What is not public plays no part, whoever asks.
 */
export const corrected = async (
  db: Db,
  type: 'model' | 'dataset',
  terms: readonly string[],
  now: Date,
): Promise<string[] | undefined> => {
  const words = wordsOf(await TagCounts.tags(db, type, now))
  const better = terms.map((term) => nearest(words, term))
  return better.some((term, i) => term !== terms[i]) ? [...new Set(better)] : undefined
}

const wordsOf = (tags: { tag: string; count: number }[]): Words => {
  const known = kept.get(tags)
  if (known) return known
  const words: Words = new Map()
  for (const { tag, count } of tags) {
    for (const word of Terms.from(tag)) words.set(word, (words.get(word) ?? 0) + count)
  }
  kept.set(tags, words)
  return words
}

const nearest = (words: Words, term: string): string => {
  const most = term.length < shortest || words.has(term) ? 0 : term.length < twoWrongFrom ? 1 : 2
  let best = { word: term, wrong: most + 1, count: 0 }
  for (const [word, count] of most === 0 ? [] : words) {
    if (term.length < anyFirstFrom && word[0] !== term[0]) continue
    if (word.length < shortest || Math.abs(word.length - term.length) > most || /\d/.test(word)) continue
    const wrong = distance(word, term)
    if (wrong < best.wrong || (wrong === best.wrong && wrong <= most && count > best.count))
      best = { word, wrong, count }
  }
  return best.wrong <= most ? best.word : term
}

/** Letters that are missing, too many, wrong, or swapped with their neighbour (optimal string alignment). */
export const distance = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] as number) + 1)
      }
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] as number
}
