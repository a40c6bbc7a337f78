import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BadInput, Struct } from '../core/index.ts'
import * as ProviderWire from './provider.ts'

const bytes32 = `0x${'Ab'.repeat(32)}`
const job = {
  channelId: bytes32,
  jobId: bytes32,
  keyHash: bytes32,
  payer: `0x${'Cd'.repeat(20)}`,
  voucher: { channelId: bytes32, n: '1', ceiling: '100', context: bytes32 },
  voucherSignature: `0x${'01'.repeat(65)}`,
  offerHash: bytes32,
  request: { task: 'text-generation' },
  salt: bytes32,
  maxIn: '1',
  maxOut: '2',
  maxMs: '3',
  stream: false,
}
const parse = (json: unknown) => Struct.parseWith(ProviderWire.JobBody, json, 'job')

test('behavior: a job is read with bigint money and lower-case ids, and written back as it came', () => {
  const read = parse(job)
  expect(read).toMatchObject({ voucher: { n: 1n, ceiling: 100n }, maxOut: 2n, payer: `0x${'cd'.repeat(20)}` })
  expect(parse(JSON.parse(ProviderWire.toJson(read)))).toEqual(read)
})

test('error: a field that is missing, foreign or of another form', () => {
  expect(() => parse({ ...job, jobId: '0x12' })).toThrow('This is not a valid job at jobId')
  expect(() => parse({ ...job, maxOut: 2 })).toThrow('This is not a valid job at maxOut')
  expect(() => parse({ ...job, maxOut: '-2' })).toThrow('This is not a valid job at maxOut')
  expect(() => parse({ ...job, extra: 1 })).toThrow('This is not a valid job')
  expect(() => parse({ ...job, voucher: { ...job.voucher, n: `${2n ** 64n}` } })).toThrow('must be below 2^64')
})

test('error: nothing that is sent throws anything but BadInput', () => {
  fc.assert(
    fc.property(fc.anything(), fc.constantFrom(...Object.keys(job)), (value, field) => {
      for (const json of [value, { ...job, [field]: value }]) {
        try {
          parse(json)
        } catch (error) {
          expect(error).toBeInstanceOf(BadInput)
        }
      }
    }),
  )
})

test('behavior: an event is one line of JSON, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const event = ProviderWire.sseEvent('delta', { text, unitsOut: 1 })
      expect(event.split('\n').length).toBe(4)
      expect(JSON.parse(event.split('\n')[1]?.slice('data: '.length) as string).text).toBe(text)
    }),
  )
})
