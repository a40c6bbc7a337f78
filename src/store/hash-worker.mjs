// Plain JavaScript, so that a thread starts in milliseconds without a TypeScript loader.
import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'

/** SHA-256 states of files in progress, by stream number. */
const streams = new Map()
const memory = new Uint8Array(workerData)

parentPort.on('message', ({ task, kind, stream, offset, length }) => {
  if (kind === 'chunk') {
    reply(
      task,
      createHash('sha256')
        .update(memory.subarray(offset, offset + length))
        .digest(),
    )
  } else if (kind === 'update') {
    if (!streams.has(stream)) streams.set(stream, createHash('sha256'))
    streams.get(stream).update(memory.subarray(offset, offset + length))
    reply(task)
  } else if (kind === 'digest') {
    reply(task, (streams.get(stream) ?? createHash('sha256')).digest())
    streams.delete(stream)
  } else {
    streams.delete(stream)
  }
})

function reply(task, digest) {
  parentPort.postMessage({ task, digest })
}
