import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as GitObject from './GitObject.ts'

const hasGit = spawnSync('git', ['--version']).status === 0

test('behavior: object ids are those of git', () => {
  expect(GitObject.oid('blob', Buffer.from('hello\n'))).toBe('ce013625030ba8dba906f756967f9e9ca394464a')
  expect(GitObject.oid('tree', new Uint8Array())).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904')
})

test.runIf(hasGit)('behavior: any tree and commit is accepted by git under our id', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dehug-git-'))
  const git = (args: string[], input?: Uint8Array) =>
    execFileSync('git', args, { cwd: dir, input, encoding: 'utf8' }).trim()
  git(['init', '-q'])
  const blob = git(['hash-object', '-w', '--stdin'], Buffer.from('x'))
  const sub = git(['mktree'], Buffer.from(`100644 blob ${blob}\tx\n`))
  const name = fc.stringMatching(/^[\p{L}\p{N}._ -]{1,12}$/u).filter((text) => !/^\.\.?$|^\.git$/i.test(text))
  const entries = fc.uniqueArray(fc.record({ name, folder: fc.boolean() }), {
    selector: (entry) => entry.name,
    maxLength: 8,
  })
  fc.assert(
    fc.property(entries, fc.string({ unit: 'grapheme' }), fc.string(), (list, message, author) => {
      const tree = GitObject.encodeTree(
        list.map(({ name: file, folder }) => ({
          name: file,
          mode: folder ? '40000' : '100644',
          oid: folder ? sub : blob,
        })),
      )
      const treeOid = GitObject.oid('tree', tree)
      expect(git(['hash-object', '-w', '-t', 'tree', '--stdin'], tree)).toBe(treeOid)
      const commit = GitObject.encodeCommit({
        tree: treeOid,
        parents: [],
        author: { name: author, email: 'a@b' },
        at: 1_700_000_000,
        message,
      })
      expect(git(['hash-object', '-w', '-t', 'commit', '--stdin'], commit)).toBe(GitObject.oid('commit', commit))
      expect(GitObject.parseTree(tree).length).toBe(list.length)
      expect(GitObject.parseCommit(commit).tree).toBe(treeOid)
    }),
    { numRuns: 40 },
  )
  expect(git(['fsck', '--strict', '--no-dangling'])).toBe('')
  rmSync(dir, { recursive: true })
})

test('behavior: an LFS pointer is read back, anything else is not', () => {
  const sha256 = 'a'.repeat(64)
  expect(GitObject.parseLfsPointer(GitObject.lfsPointer(sha256, 12))).toEqual({ sha256, size: 12 })
  expect(GitObject.parseLfsPointer(Buffer.from('version https://git-lfs.github.com/spec/v1\n'))).toBeUndefined()
})
