import { describe, expect, test } from 'vitest'
import { importChild } from '../testing/import-child.ts'

const { choose, noise, nucleusFloor, sampleInPlace } = await importChild('sampling.mjs')

describe('sampling', () => {
  test('behavior: one seed and position give one choice', () => {
    const pick = (seed: number, position: number) => {
      const logits = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i))
      sampleInPlace(logits, { temperature: 1, topP: 1, seed }, position)
      expect(logits.filter((logit) => logit === 0).length).toBe(1)
      return logits.indexOf(0)
    }
    expect([0, 1, 2, 3, 4, 5].map((position) => pick(7, position))).toEqual(
      [0, 1, 2, 3, 4, 5].map((position) => pick(7, position)),
    )
    expect(new Set([0, 1, 2, 3, 4, 5].map((position) => pick(7, position))).size).toBeGreaterThan(1)
  })

  test('behavior: choices follow the softmax at the given temperature', () => {
    const logits = Float32Array.of(0, 1, 2)
    const temperature = 0.7
    const powers = [...logits].map((logit) => Math.exp(logit / temperature))
    const total = powers.reduce((sum, power) => sum + power, 0)
    const hits = [0, 0, 0]
    const runs = 20_000
    for (let i = 0; i < runs; i += 1) hits[choose(logits, { temperature, topP: 1 }, noise(i, 0))]! += 1
    hits.forEach((hit, i) => {
      expect(hit / runs).toBeCloseTo((powers[i] as number) / total, 1)
    })
  })

  test('behavior: top-p keeps the fewest tokens that reach it', () => {
    const logits = Float32Array.from([0.5, 0.3, 0.15, 0.05], Math.log)
    expect(nucleusFloor(logits, 1, 0.5)).toBe(logits[0])
    expect(nucleusFloor(logits, 1, 0.79)).toBe(logits[1])
    expect(nucleusFloor(logits, 1, 0.94)).toBe(logits[2])
    const chosen = Array.from({ length: 500 }, (_, i) => choose(logits, { temperature: 1, topP: 0.7 }, noise(i, 0)))
    expect(new Set(chosen)).toEqual(new Set([0, 1]))
  })

  test('behavior: a temperature next to zero picks the best', () => {
    const logits = Float32Array.of(-5, -1, -3)
    expect(choose(logits, { temperature: 1e-300, topP: 1 }, noise(1, 1))).toBe(1)
  })
})
