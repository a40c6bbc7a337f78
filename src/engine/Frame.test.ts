import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Frame from './Frame.ts'

const maxBytes = 1000

describe('Frame', () => {
  test('behavior: messages arrive whole, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.array(fc.nat(40)), (messages, cuts) => {
        const stream = Buffer.concat(messages.map((message) => Frame.encode(message, 1_000_000)))
        const decode = Frame.decoder(1_000_000)
        const received: unknown[] = []
        let at = 0
        for (const size of [...cuts, stream.length]) {
          received.push(...decode(stream.subarray(at, at + size)))
          at += size
        }
        expect(received).toEqual(JSON.parse(JSON.stringify(messages)))
      }),
    )
  })

  test('error: a frame that is too long is refused before it is read or sent', () => {
    expect(() => Frame.decoder(maxBytes)(Buffer.from([0, 0, 4, 0]))).toThrow(
      'A frame of 1024 bytes was announced; at most 1000 are read.',
    )
    expect(() => Frame.encode('x'.repeat(999), maxBytes)).toThrow(
      'A frame of 1001 bytes was to be sent; at most 1000 are.',
    )
  })

  test('error: what is no UTF-8 JSON', () => {
    expect(() => Frame.decoder(maxBytes)(Buffer.from([0, 0, 0, 1, 0x7b]))).toThrow('A frame is not UTF-8 JSON.')
    expect(() => Frame.decoder(maxBytes)(Buffer.from([0, 0, 0, 3, 0x22, 0xff, 0x22]))).toThrow(Frame.BadFrame)
  })

  test('error: any bytes at all give messages or BadFrame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (pieces) => {
        const decode = Frame.decoder(maxBytes)
        try {
          for (const piece of pieces) decode(Buffer.from(piece))
        } catch (error) {
          expect(error).toBeInstanceOf(Frame.BadFrame)
        }
      }),
    )
  })
})
