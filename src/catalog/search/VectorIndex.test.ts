import { expect, test } from 'vitest'
import { VectorIndex } from './VectorIndex.ts'

/** Two numbers on a circle, as bytes. */
const at = (degrees: number): Int8Array => {
  const angle = (degrees * Math.PI) / 180
  return Int8Array.of(Math.round(127 * Math.cos(angle)), Math.round(127 * Math.sin(angle)))
}
const ids = async (index: VectorIndex, degrees: number, most = 10, least = 0.45) =>
  (await index.nearest(at(degrees), most, least)).map(({ id }) => id)

test('behavior: the nearest come first, as many as asked for, and none that is less alike than wanted', async () => {
  const index = new VectorIndex(2, 1_000)
  for (const degrees of [0, 20, 40, 90, 180]) index.put(`at ${degrees}`, at(degrees))
  expect(await ids(index, 30)).toEqual(['at 40', 'at 20', 'at 0', 'at 90'])
  expect(await ids(index, 1, 2)).toEqual(['at 0', 'at 20'])
  expect(await ids(index, 270)).toEqual([])
  expect((await index.nearest(at(0), 1, 0))[0]?.score).toBeCloseTo(1)
})

test('behavior: what is put again moves, what is deleted is gone, and the others stay', async () => {
  const index = new VectorIndex(2, 1_000)
  for (const degrees of [0, 10, 20]) index.put(`at ${degrees}`, at(degrees))
  index.put('at 10', at(180))
  expect(await ids(index, 0)).toEqual(['at 0', 'at 20'])
  index.delete('at 0')
  index.delete('nowhere')
  expect({ rows: index.rows, near: await ids(index, 0), far: await ids(index, 180) }).toEqual({
    ...{ rows: 2, near: ['at 20'], far: ['at 10'] },
  })
  index.delete('at 20')
  index.delete('at 10')
  expect({ rows: index.rows, near: await ids(index, 0) }).toEqual({ rows: 0, near: [] })
})

test('behavior: memory is bounded; what does not fit or is of another length is not taken', async () => {
  const index = new VectorIndex(2, 6_000)
  const taken = Array.from({ length: 3_100 }, (_, i) => index.put(String(i), at(i % 360)))
  expect(taken.filter((isTaken) => isTaken).length).toBe(3_000)
  expect(index.put('0', at(5))).toBe(true)
  expect(index.put('short', Int8Array.of(1))).toBe(false)
  expect(await index.nearest(Int8Array.of(1, 2, 3), 5, 0)).toEqual([])
  const near = await index.nearest(at(90), 20, 0.99)
  expect(near.length).toBe(20)
  expect(near).toEqual(near.toSorted((a, b) => b.score - a.score))
})
