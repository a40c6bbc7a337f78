import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Spread from './Spread.ts'

test('behavior: quantiles are right to a tenth, also of spreads that were added', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1_000_000, noNaN: true }), { minLength: 1 }),
      fc.array(fc.double({ min: 1, max: 1_000_000, noNaN: true })),
      fc.constantFrom(0.05, 0.5, 0.95, 1),
      (some, others, part) => {
        const [one, other] = [Spread.empty(), Spread.empty()]
        for (const value of some) Spread.count(one, value)
        for (const value of others) Spread.count(other, value)
        Spread.add(one, other)
        const sorted = [...some, ...others].sort((a, b) => a - b)
        const exact = sorted[Math.ceil(sorted.length * part) - 1] as number
        const read = Spread.quantile(one, part) as number
        expect(Math.abs(read - exact) / exact).toBeLessThan(0.1)
        expect(Spread.total(one)).toBe(sorted.length)
      },
    ),
  )
})

test('behavior: nothing counted has no quantile, and no number is beyond a spread', () => {
  const spread = Spread.empty()
  expect(Spread.quantile(spread, 0.5)).toBeUndefined()
  for (const value of [-5, 0, 0.2, 1e12, Number.POSITIVE_INFINITY]) Spread.count(spread, value)
  expect([Spread.total(spread), spread.length]).toEqual([5, Spread.empty().length])
  expect(Spread.quantile(spread, 0.5)).toBeCloseTo(1.09)
})
