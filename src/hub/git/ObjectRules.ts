import { GitObject } from '../../catalog/index.ts'
import { DehugError, Path } from '../../core/index.ts'
import { BadObject } from './errors.ts'

/** What a pushed commit names. */
export type CommitLinks = { tree: string; parents: string[] }

/** Merges of more are not made by people. */
const maxParents = 256
/** The last second of the year 9999. */
const lastTime = 253_402_300_799
const oid = '[0-9a-f]{40}'
const person = /^[^<>\n]* <[^<>\n]*> (\d{1,12}) [+-]\d{4}$/

/** Checks a commit as `git fsck --strict` does. Throws {@link BadObject}. */
export const commitLinks = (id: string, bytes: Uint8Array): CommitLinks => {
  const { lines, refuse } = headOf(`commit ${id.slice(0, 10)}`, bytes)
  const tree = new RegExp(`^tree (${oid})$`).exec(lines.next())?.[1] ?? refuse('its first line names no tree')
  const parents: string[] = []
  let line = lines.next()
  for (let parent = parentIn(line); parent !== undefined; parent = parentIn(line)) {
    if (parents.push(parent) > maxParents) refuse(`it has more than ${maxParents} parents`)
    line = lines.next()
  }
  if (!isPerson('author', line)) refuse('its author line is broken')
  if (!isPerson('committer', lines.next())) refuse('its committer line is broken')
  if (lines.rest().some((other) => /^(tree|parent|author|committer) /.test(other))) refuse('a line comes twice')
  return { tree, parents }
}

const parentIn = (line: string): string | undefined => new RegExp(`^parent (${oid})$`).exec(line)?.[1]

const isPerson = (word: string, line: string): boolean => {
  if (!line.startsWith(`${word} `)) return false
  const [, seconds] = person.exec(line.slice(word.length + 1)) ?? []
  return seconds !== undefined && Number(seconds) <= lastTime
}

/** The commit that an annotated tag is of. Throws {@link BadObject}. */
export const tagTarget = (id: string, bytes: Uint8Array): string => {
  const { lines, refuse } = headOf(`tag ${id.slice(0, 10)}`, bytes)
  const target = new RegExp(`^object (${oid})$`).exec(lines.next())?.[1] ?? refuse('its first line names no object')
  if (lines.next() !== 'type commit') refuse('it is not of a commit')
  if (!/^tag \S/.test(lines.next())) refuse('it has no name')
  const tagger = lines.next()
  if (tagger !== '' && !isPerson('tagger', tagger)) refuse('its tagger line is broken')
  return target
}

/** The lines before the first empty one, and how to refuse the object. */
const headOf = (what: string, bytes: Uint8Array) => {
  const refuse = (why: string): never => {
    throw new BadObject(what, why)
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  if (text.includes('\0')) refuse('it holds a NUL')
  const end = text.indexOf('\n\n')
  if (end < 0) refuse('it has no empty line')
  const lines = text.slice(0, end).split('\n')
  return { lines: { next: () => lines.shift() ?? '', rest: () => lines }, refuse }
}

const modes = new Set<string>(['100644', '100755', '40000'])
const odd: Record<string, string> = {
  '120000': 'is a symbolic link, which not every system has',
  '160000': 'is a submodule, whose files are not here',
  '100664': 'has the mode 100664; use 100644',
}

/** Checks a tree as `git fsck --strict` does, and that every system can hold its names. Throws {@link BadObject}. */
export const treeEntries = (id: string, bytes: Uint8Array): GitObject.Entry[] => {
  const what = `tree ${id.slice(0, 10)}`
  assertWellFormed(what, bytes)
  const entries = GitObject.parseTree(bytes)
  for (const { mode, name } of entries) {
    if (!modes.has(mode))
      throw new BadObject(`"${name.slice(0, 200)}"`, odd[mode] ?? `has the mode ${mode.slice(0, 10)}`)
    if (name.includes('/')) throw new BadObject(what, 'a name holds a slash')
  }
  inOurWords(() => {
    for (const { name } of entries) Path.assertSafe(name)
    Path.assertUnique(entries.map(({ name }) => name))
  })
  // Encoding puts the entries in git's order: the same bytes mean that they were in it, and that the names are UTF-8.
  if (!Buffer.from(GitObject.encodeTree(entries)).equals(bytes)) {
    throw new BadObject(what, 'its names are not in order or not UTF-8')
  }
  return entries
}

const assertWellFormed = (what: string, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const end = bytes.indexOf(0, at)
    if (space < 0 || end < space || space - at > 6 || end + 21 > bytes.length) throw new BadObject(what, 'it is broken')
    at = end + 21
  }
}

const inOurWords = (check: () => void): void => {
  try {
    check()
  } catch (error) {
    if (error instanceof DehugError) throw new BadObject('a name', error.message)
    throw error
  }
}
