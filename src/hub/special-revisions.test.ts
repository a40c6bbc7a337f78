import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeSpecialRevision } from './special-revisions.ts'

test.each([
  ['/api/models/a/b/tree/refs/pr/1?recursive=true', '/api/models/a/b/tree/refs%2Fpr%2F1?recursive=true'],
  ['/api/models/a/b/tree/refs/pr/12/sub/x', '/api/models/a/b/tree/refs%2Fpr%2F12/sub/x'],
  ['/datasets/a/b/resolve/refs/convert/parquet/x.parquet', '/datasets/a/b/resolve/refs%2Fconvert%2Fparquet/x.parquet'],
  ['/a/b/resolve/main/refs/pr/1', '/a/b/resolve/main/refs/pr/1'],
  ['/a/b/resolve/refs/heads/main/x', '/a/b/resolve/refs/heads/main/x'],
  ['/api/models/a/b/tree/refs%2Fpr%2F1', '/api/models/a/b/tree/refs%2Fpr%2F1'],
  ['/api/models/a/b/refs?x=/tree/refs/pr/1', '/api/models/a/b/refs?x=/tree/refs/pr/1'],
])('behavior: %s', (url, escaped) => expect(escapeSpecialRevision({ url })).toBe(escaped))

test('behavior: what was escaped once stays', () => {
  const part = fc.constantFrom('tree', 'refs', 'pr', '1', 'main', 'convert', 'a', '?', '%2F')
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const once = escapeSpecialRevision({ url: `/${parts.join('/')}` })
      expect(escapeSpecialRevision({ url: once })).toBe(once)
    }),
  )
})
