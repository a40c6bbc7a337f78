import fc from 'fast-check'
import { expect, test } from 'vitest'
import { merge } from './TextMerge.ts'

const base = 'a\nb\nc\nd\ne\nf\n'

test.each([
  ['changes far apart', 'A\nb\nc\nd\ne\nf\n', 'a\nb\nc\nd\ne\nF\n', 'A\nb\nc\nd\ne\nF\n'],
  ['the same change twice', 'a\nX\nc\nd\ne\nf\n', 'a\nX\nc\nd\ne\nf\n', 'a\nX\nc\nd\ne\nf\n'],
  ['a line gone and one added', 'a\nc\nd\ne\nf\n', 'a\nb\nc\nd\nnew\ne\nf\n', 'a\nc\nd\nnew\ne\nf\n'],
  ['no newline at the end', 'a\nb\nc\nd\ne\nf', `0\n${base}`, '0\na\nb\nc\nd\ne\nf'],
])('behavior: %s', (_, ours, theirs, merged) => {
  expect(merge(base, ours, theirs)).toBe(merged)
  expect(merge(base, theirs, ours)).toBe(merged)
})

test.each([
  ['the same line', 'a\nX\nc\nd\ne\nf\n', 'a\nY\nc\nd\ne\nf\n'],
  ['neighbouring lines', 'a\nX\nc\nd\ne\nf\n', 'a\nb\nY\nd\ne\nf\n'],
  ['both at the end', `${base}x\n`, `${base}y\n`],
])('error: %s is a conflict', (_, ours, theirs) => {
  expect(merge(base, ours, theirs)).toBeUndefined()
})

test('behavior: one side alone wins, whatever it wrote', () => {
  const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'z')).map((lines) => lines.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(merge(before, before, after)).toBe(after)
      expect(merge(before, after, before)).toBe(after)
      expect(merge(before, after, after)).toBe(after)
    }),
  )
})
