import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Readme from './Readme.ts'

const readme = `---
license: mit
---
# Numbers

<!-- nobody reads this --> A **list** of [numbers](https://example.org), see https://arxiv.org/abs/2401.00001.

\`\`\`python
print(1)
\`\`\`

\`\`\`bibtex
@misc{numbers, title={Numbers}}
\`\`\`
`

test('behavior: what the text of a README tells', () => {
  expect(Readme.description(readme)).toBe('Numbers A list of numbers, see https://arxiv.org/abs/2401.00001.')
  expect(Readme.citation(readme)).toBe('@misc{numbers, title={Numbers}}')
  expect(Readme.papers(readme)).toEqual(['arxiv:2401.00001'])
  expect([Readme.description('---\na: b\n---\n'), Readme.citation('x')]).toEqual([undefined, undefined])
})

test('error: any text is read, and what is found has a bound', () => {
  const pieces = fc.array(
    fc.constantFrom('```', '\n', '<!--', '<', '![', '](', '[', '@a{', '---', 'x', '\0', '\ud800'),
    {
      maxLength: 3000,
    },
  )
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('')
      expect((Readme.description(text) ?? '').length).toBeLessThanOrEqual(1000)
      expect((Readme.citation(text) ?? '').length).toBeLessThanOrEqual(8192)
      // A database holds neither NUL nor halves of surrogate pairs.
      expect(JSON.stringify([Readme.description(text), Readme.citation(text)])).not.toMatch(/\\u0000|\\ud800/)
    }),
  )
})
