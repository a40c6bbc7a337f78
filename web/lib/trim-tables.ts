/** Rows of a table that a page shows; thousands of cells take seconds to put together. */
const maxRows = 100

/** Cuts long Markdown tables, and says after each how many rows the file has more. Code stays as it is. */
export const trimTables = (markdown: string): string => {
  const kept: string[] = []
  let fence: string | undefined
  let rows = 0
  let dropped = 0
  const endTable = () => {
    if (dropped > 0) kept.push('', `*The file has ${dropped} more rows.*`, '')
    rows = 0
    dropped = 0
  }
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(```|~~~)/.exec(line)?.[1]
    if (mark && (fence === undefined || fence === mark)) fence = fence === undefined ? mark : undefined
    if (fence === undefined && /^\s*\|/.test(line)) {
      // The first two lines are its head.
      if (++rows > maxRows + 2) dropped++
      else kept.push(line)
      continue
    }
    endTable()
    kept.push(line)
  }
  endTable()
  return kept.join('\n')
}
