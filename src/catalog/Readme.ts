/** What the text of a README tells beside its metadata. */

const maxText = 512 * 1024
const maxDescription = 1_000
const maxCitation = 8_192
const maxPapers = 20

/** The text after the front matter. */
export const body = (readme: string): string =>
  readme.slice(0, maxText).replace(/^\uFEFF?\s*---[ \t]*\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/, '')

/** The first words as plain text, or undefined where there are none. */
export const description = (readme: string): string | undefined => {
  const text = plain(readme, 8 * maxDescription)
  if (text === '') return undefined
  return (text.length > maxDescription ? `${text.slice(0, maxDescription - 1)}…` : text).toWellFormed()
}

/** The text without code, markup and links, as far as it stands in so many characters. */
export const plain = (readme: string, length: number): string =>
  body(readme)
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .slice(0, length)
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/<[^<>]{0,500}>/g, ' ')
    .replace(/!\[[^\]]{0,500}\]\([^()]{0,1000}\)/g, ' ')
    .replace(/\[([^\]]{0,500})\]\([^()]{0,1000}\)/g, '$1')
    .replace(/^[ \t]*[#>*|-]+[ \t]*/gm, '')
    .replace(/[`*_]{1,3}/g, '')
    .replace(/[\s\0]+/g, ' ')
    .trim()

/** The first BibTeX entry in a code block. */
export const citation = (readme: string): string | undefined => {
  for (const [, block = ''] of body(readme).matchAll(/```[\w-]{0,20}[ \t]*\r?\n([\s\S]*?)```/g)) {
    const text = block.trim()
    if (/^@\w{1,32}\s*\{/.test(text) && text.length <= maxCitation) return text.replaceAll('\0', '').toWellFormed()
  }
  return undefined
}

/** The arXiv papers that are linked to, as tags. */
export const papers = (readme: string): string[] => {
  const found = new Set<string>()
  for (const [, id] of readme.slice(0, maxText).matchAll(/arxiv\.org\/(?:abs|pdf)\/(\d{4}\.\d{4,5})/gi)) {
    found.add(`arxiv:${id}`)
    if (found.size >= maxPapers) break
  }
  return [...found]
}
