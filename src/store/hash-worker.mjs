// Plain JavaScript, so that a thread starts in milliseconds without a TypeScript loader.
import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { keyedHasher, slackBytes } from './xet/Blake3.mjs'
import { headerAt, headerBytes, maxChunkBytes, unpack } from './xet/records.mjs'

/** SHA-256 states of files in progress, by stream number. */
const streams = new Map()
const { memory: shared, own, chunkKey } = workerData
const memory = new Uint8Array(shared.buffer)
/** This thread's own part of the memory: a chunk, then what the hasher needs. */
const chunk = memory.subarray(own, own + maxChunkBytes)
/** @type {ReturnType<typeof keyedHasher> | undefined} */
let hasher
const hash = (offset, length) => {
  hasher ??= keyedHasher(shared, own + maxChunkBytes + slackBytes, chunkKey)
  return hasher(offset, length)
}

const jobs = {
  chunk: ({ offset, length }) =>
    createHash('sha256')
      .update(memory.subarray(offset, offset + length))
      .digest(),
  update: ({ stream, offset, length }) => {
    if (!streams.has(stream)) streams.set(stream, createHash('sha256'))
    streams.get(stream).update(memory.subarray(offset, offset + length))
  },
  digest: ({ stream }) => {
    const digest = (streams.get(stream) ?? createHash('sha256')).digest()
    streams.delete(stream)
    return digest
  },
  drop: ({ stream }) => {
    streams.delete(stream)
  },
  records: ({ offset, length }) => hashRecords(offset, length),
}

/** For each record of a xorb: the hash of its chunk (32 bytes), then the CRC-32 of the record as it is (4 bytes). */
function hashRecords(offset, length) {
  const bytes = memory.subarray(offset, offset + length)
  const hashes = []
  for (let at = 0; at < bytes.length; ) {
    const header = headerAt(bytes, at)
    const isPlain = header.scheme === 0
    if (!isPlain) unpack(bytes, at, header, chunk, 0)
    const row = Buffer.alloc(36)
    row.set(hash(isPlain ? offset + at + headerBytes : own, header.size))
    row.writeUInt32LE(crc32(bytes.subarray(at, at + header.length)), 32)
    hashes.push(row)
    at += header.length
  }
  return Buffer.concat(hashes)
}

parentPort.on('message', ({ task, kind, ...work }) => {
  try {
    parentPort.postMessage({ task, result: jobs[kind](work) })
  } catch (error) {
    parentPort.postMessage({ task, refused: error.message })
  }
})
