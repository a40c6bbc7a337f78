'use client'

/** What a file is: 64 hexadecimal digits, CID and size in bytes. */
export type Digests = { sha256: string; cid: string; size: number }

/** What the worker says. */
export type DigestTold = { doneBytes: number } | { digests: Digests } | { message: string }

/** A thread that computes digests of files of any size, one after the other. */
export type Digester = {
  digest: (blob: Blob, onBytes?: (doneBytes: number) => void) => Promise<Digests>
  end: () => void
}

/** Starts the thread; end it when all is read. */
export function startDigester(): Digester {
  const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' })
  const digest = (blob: Blob, onBytes: (doneBytes: number) => void = () => {}): Promise<Digests> =>
    new Promise((done, fail) => {
      worker.onmessage = ({ data }: MessageEvent<DigestTold>) => {
        if ('doneBytes' in data) onBytes(data.doneBytes)
        else if ('digests' in data) done(data.digests)
        else fail(new Error(data.message))
      }
      worker.onerror = ({ message }) => fail(new Error(message || 'The file could not be hashed in this browser.'))
      worker.postMessage(blob)
    })
  return { digest, end: () => worker.terminate() }
}
