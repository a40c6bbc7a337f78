import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Sse from './Sse.ts'

const answerOf = (text: string, cuts: number[] = []) => {
  const bytes = new TextEncoder().encode(text)
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
  return new Response(Readable.toWeb(Readable.from(pieces, { objectMode: false })) as unknown as ReadableStream)
}
const all = async (answer: Response) => {
  const events: Sse.Event[] = []
  for await (const event of Sse.read(answer)) events.push(event)
  return events
}

const text = ': hello\n\nevent: delta\ndata: {"a":\ndata: "é"}\n\ndata: [DONE]\r\n\r\nid\n: last'
const events = [
  { event: 'comment', data: 'hello' },
  { event: 'delta', data: '{"a":\n"é"}' },
  { event: 'message', data: '[DONE]' },
  { event: 'comment', data: 'last' },
]

test('behavior: events, their names, joined data lines and comments', async () => {
  expect(await all(answerOf(text))).toEqual(events)
})

test('behavior: wherever the network cuts the bytes, the events are the same', async () => {
  const unix = text.replaceAll('\r\n', '\n')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(100), { maxLength: 10 }), async (cuts) => {
      expect(await all(answerOf(unix, cuts))).toEqual(events)
    }),
  )
})
