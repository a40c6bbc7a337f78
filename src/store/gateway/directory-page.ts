import type { UnixFs } from '../../core/index.ts'

const maxEntries = 10_000

/** A plain page that lists a directory. Names are written as text; nothing in them can become markup. */
export async function directoryPage(title: string, entries: AsyncIterable<UnixFs.Entry>): Promise<string> {
  const rows: string[] = []
  for await (const { name, cid, dagSize } of entries) {
    if (rows.length === maxEntries) {
      rows.push(`<li>… more than ${maxEntries} entries; ask for format=car&amp;dag-scope=entity to have them all`)
      break
    }
    rows.push(`<li><a href="./${encodeURIComponent(name)}">${asText(name)}</a> <code>${cid}</code> ${dagSize}`)
  }
  return `<!doctype html><meta charset="utf-8"><title>${asText(title)}</title><h1>${asText(title)}</h1><ul>${rows.join('\n')}</ul>\n`
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
