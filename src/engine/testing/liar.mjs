// @ts-check
import { readFileSync } from 'node:fs'
import { readFrames, writeFrame } from '../child/frames.mjs'

/** Plays a child that was taken over: how it lies stands in the file `lie` of its model folder. */
const lie = readFileSync('/model/lie', 'utf8').trim()
/** @param {unknown} message */
const send = (message) => writeFrame(process.stdout, message)
/** @param {string | Uint8Array} bytes */
const raw = (bytes) => process.stdout.write(bytes)
/** @param {number} id */
const done = (id) => ({ op: 'done', id, unitsIn: 3, unitsOut: 0, finishReason: 'stop' })
const vector = Buffer.from(Float32Array.of(1, 0).buffer).toString('base64')
const notANumber = Buffer.from(Float32Array.of(Number.NaN, 0).buffer).toString('base64')

/** @type {Record<string, (id: number) => void>} */
const lies = {
  garbage: () => raw(Buffer.alloc(4096, 0xfe)),
  'huge frame': () => raw(Uint8Array.of(0xff, 0xff, 0xff, 0xff)),
  'no JSON': () => raw(Uint8Array.of(0, 0, 0, 2, 0x7b, 0x7b)),
  'unknown message': () => send({ op: 'pwn', id: 1 }),
  'extra field': (id) => send({ ...done(id), vectors: [vector], note: 'x' }),
  'foreign request': (id) => send({ ...done(id + 7), vectors: [vector] }),
  'too many units': (id) => send({ ...done(id), unitsIn: 999_999_999, vectors: [vector] }),
  'negative units': (id) => send({ ...done(id), unitsIn: -1, vectors: [vector] }),
  'wrong number of rows': (id) => send({ ...done(id), vectors: [vector, vector] }),
  'not a number': (id) => send({ ...done(id), vectors: [notANumber] }),
  'no answer': (id) => send(done(id)),
  'text nobody asked for': (id) => send({ op: 'text', id, text: 'x', unitsOut: 1 }),
  'loaded twice': () => send({ op: 'ready', contextLength: 8 }),
  leaves: () => process.exit(3),
  'out of memory': () => {
    process.stderr.write('terminate called after throwing an instance of std::bad_alloc\n')
    process.abort()
  },
  'control characters': (id) => send({ op: 'failed', id, kind: 'model', message: '\u001b[31mred\u202e\n\0' }),
  'talks without end': (id) => {
    for (let i = 0; i < 1000; i += 1) process.stderr.write('x'.repeat(10_000))
    send({ ...done(id), vectors: [vector] })
  },
}

readFrames(process.stdin, (message) => {
  if (message.op === 'load') send({ op: 'ready', contextLength: 8 })
  else lies[lie]?.(message.id)
})
