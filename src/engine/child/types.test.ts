import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

test('behavior: the plain JavaScript of the child keeps the rules of the TypeScript around it', () => {
  const tsc = path.join(import.meta.dirname, '../../../node_modules/.bin/tsc')
  expect(execFileSync(tsc, ['-p', import.meta.dirname], { encoding: 'utf8' })).toBe('')
})
