import { createHash } from 'node:crypto'
import { Bytes } from '../core/index.ts'

export type Kind = 'blob' | 'tree' | 'commit' | 'tag'

/** One line of a tree: a file (`100644`), one that may be run (`100755`), or a folder (`40000`). */
export type Entry = { name: string; mode: '100644' | '100755' | '40000'; oid: string }

export type Author = { name: string; email: string }

/** `at` is Unix time in seconds. */
export type Commit = { tree: string; parents: string[]; author: Author; at: number; message: string }

/** The object id git gives to these bytes: SHA-1 over `kind size\0bytes`. */
export const oid = (kind: Kind, bytes: Uint8Array): string =>
  createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex')

/** git's order: by bytes, a folder as if its name ended in `/`. */
const orderKey = (entry: Entry): Buffer => Buffer.from(entry.mode === '40000' ? `${entry.name}/` : entry.name)

/** The bytes of a tree object. */
export const encodeTree = (entries: readonly Entry[]): Uint8Array => {
  const sorted = entries.map((entry) => ({ entry, key: orderKey(entry) })).sort((a, b) => Buffer.compare(a.key, b.key))
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [Buffer.from(`${entry.mode} ${entry.name}\0`), Buffer.from(entry.oid, 'hex')]),
  )
}

/** The inverse of {@link encodeTree}. */
export const parseTree = (bytes: Uint8Array): Entry[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: Entry[] = []
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at)
    const end = buffer.indexOf(0, space)
    entries.push({
      mode: buffer.toString('latin1', at, space) as Entry['mode'],
      name: buffer.toString('utf8', space + 1, end),
      oid: buffer.toString('hex', end + 1, end + 21),
    })
    at = end + 21
  }
  return entries
}

/** The bytes of a commit object; author and committer are the same. */
export const encodeCommit = (commit: Commit): Uint8Array => {
  const who = `${clean(commit.author.name) || 'unknown'} <${clean(commit.author.email)}> ${commit.at} +0000`
  const head = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
  ]
  return Bytes.utf8(`${head.join('\n')}\n\n${commit.message.replaceAll('\0', '').replace(/\n*$/, '\n')}`)
}

/** Line breaks and angle brackets would break out of the header line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const clean = (text: string): string => text.replace(/[\u0000-\u001f<>]/g, '').trim()

/** The inverse of {@link encodeCommit}. */
export const parseCommit = (bytes: Uint8Array): Commit => {
  const text = new TextDecoder().decode(bytes)
  const cut = text.indexOf('\n\n')
  const lines = text.slice(0, cut).split('\n')
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
  const [, name = '', email = '', at = '0'] = /^(.*) <(.*)> (\d+) /.exec(values('author')[0] ?? '') ?? []
  return {
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: { name, email },
    at: Number(at),
    message: text.slice(cut + 2),
  }
}

/** The text git stores in place of a large file. Source: git-lfs, docs/spec.md. */
export const lfsPointer = (sha256: string, size: number): Uint8Array =>
  Bytes.utf8(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`)

const pointer = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n$/

/** What a pointer text stands for, or undefined when the bytes are no pointer. */
export const parseLfsPointer = (bytes: Uint8Array): { sha256: string; size: number } | undefined => {
  if (bytes.length > 200) return undefined
  const match = pointer.exec(new TextDecoder().decode(bytes))
  return match ? { sha256: match[1] as string, size: Number(match[2]) } : undefined
}
