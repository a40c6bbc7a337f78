const maxTerms = 8
const maxLength = 64

/**
 * The words of a search: letters and digits, lower-case, at most eight. Nothing else is left, so they can stand in a
 * `tsquery` as they are.
 */
export const from = (text: string): string[] => {
  const words = text
    .toWellFormed()
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== '' && !/^\p{M}/u.test(word))
  return [...new Set(words)].slice(0, maxTerms).map((word) => [...word].slice(0, maxLength).join(''))
}

/** The words without what stands between them, as names are also kept. */
export const compact = (text: string): string => from(text.slice(text.lastIndexOf('/') + 1)).join('')
