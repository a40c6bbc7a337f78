import { utf8 } from './Bytes.ts'
import { BadInput } from './errors.ts'

const maxBytes = 1024
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const forbidden = /[\u0000-\u001f\u007f\\:*?"<>|]/

/**
 * Asserts that a path can be a file of a repository on every system: relative, NFC, `/` between parts, no `.`, `..`,
 * control, Windows-reserved or device names, no trailing dot or space, at most 1,024 bytes. Throws `BadPath`.
 */
export function assertSafe(path: string): void {
  if (path === '') throw new BadPath(path, 'it is empty')
  if (!path.isWellFormed() || path !== path.normalize('NFC'))
    throw new BadPath(path, 'it is not in Unicode normal form C')
  if (utf8(path).length > maxBytes) throw new BadPath(path, `it is longer than ${maxBytes} bytes`)
  if (path.startsWith('/')) throw new BadPath(path, 'it is absolute')
  if (forbidden.test(path)) throw new BadPath(path, 'it holds a character that some systems reserve')
  for (const part of path.split('/')) assertPart(path, part)
}

function assertPart(path: string, part: string): void {
  if (part === '') throw new BadPath(path, 'it has an empty part')
  if (part === '.' || part === '..') throw new BadPath(path, `it has a part "${part}"`)
  if (part.toLowerCase() === '.git') throw new BadPath(path, 'a part named ".git" is reserved')
  if (/[. ]$/.test(part)) throw new BadPath(path, 'a part ends in a dot or a space')
  if (device.test(part)) throw new BadPath(path, `"${part}" is the name of a device on some systems`)
}

/** Asserts that no two paths are the same or differ only in case, and that no file is also a folder. Throws `BadPath`. */
export function assertUnique(paths: readonly string[]): void {
  const files = new Map<string, string>()
  for (const path of paths) {
    const folded = fold(path)
    const other = files.get(folded)
    if (other !== undefined)
      throw new BadPath(path, other === path ? 'it is there twice' : `it collides with "${other}"`)
    files.set(folded, path)
  }
  for (const path of paths) assertNoFileAbove(path, files)
}

function assertNoFileAbove(path: string, files: ReadonlyMap<string, string>): void {
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const folder = files.get(fold(path.slice(0, cut)))
    if (folder !== undefined) throw new BadPath(path, `"${folder}" is a file and cannot be a folder too`)
  }
}

const fold = (path: string): string => path.normalize('NFC').toLowerCase()

/** A file path that a repository does not take. */
export class BadPath extends BadInput {
  constructor(path: string, why: string) {
    super(`The path "${path.slice(0, 200)}" is not accepted: ${why}.`, {
      code: 'bad_path',
      hint: 'Rename the file; paths are relative, with "/" between parts.',
      details: { path },
    })
  }
}
