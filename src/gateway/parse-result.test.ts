import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Receipt } from '../core/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { parseResult } from './parse-result.ts'

const hash = fc.stringMatching(/^0x[0-9a-f]{64}$/)
const uint = fc.bigInt({ min: 0n, max: 10n ** 18n })
const receipt = fc.record({
  ...{ channelId: hash, seq: uint, jobId: hash, context: hash, status: fc.nat(255), unitsIn: uint, unitsOut: uint },
  ...{ unitsMs: uint, fee: uint, spent: uint, answerHash: hash, versionRoot: hash, engine: hash },
  ...{ startedAt: uint, finishedAt: uint },
})
const result = receipt.map((value) => ({
  ...{ answer: { kind: 'text', text: 'x', finishReason: 'stop' }, units: { in: '1', out: '2', ms: '3' } },
  ...{ receipt: Receipt.serialize(value as Receipt.Receipt), signature: `0x${'ab'.repeat(65)}` },
}))

describe('parseResult', () => {
  it('behavior: agrees with the schema on what is well formed', () => {
    fc.assert(
      fc.property(result, (json) => {
        expect(parseResult(json)).toEqual(ProviderWire.JobResult.parse(json))
      }),
    )
  })

  it('error: agrees with the schema on what is not', () => {
    const broken = fc.tuple(result, fc.constantFrom('seq', 'fee', 'jobId', 'status', 'engine'), fc.jsonValue())
    fc.assert(
      fc.property(broken, ([json, field, value]) => {
        const changed = { ...json, receipt: { ...json.receipt, [field]: value } }
        const parsed = ProviderWire.JobResult.safeParse(changed)
        if (parsed.success) expect(parseResult(changed)).toEqual(parsed.data)
        else expect(() => parseResult(changed)).toThrow('The provider cannot be understood')
      }),
    )
    for (const junk of [null, 1, 'x', [], {}])
      expect(() => parseResult(junk)).toThrow('The provider cannot be understood')
  })
})
