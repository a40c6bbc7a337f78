'use client'

/** What a file is: 64 hexadecimal digits, CID and size in bytes. */
export type Digests = { sha256: string; cid: string; size: number }

/** What is asked of the worker, and what it says about it. */
export type DigestAsked = { id: number; blob: Blob }
export type DigestTold = { id: number } & ({ doneBytes: number } | { digests: Digests } | { message: string })

/** A thread that computes digests of files of any size. */
export type Digester = {
  digest: (blob: Blob, onBytes?: (doneBytes: number) => void) => Promise<Digests>
  end: () => void
}

/** Starts the thread, which then needs no network any more. */
export function startDigester(): Digester {
  const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' })
  let lastId = 0
  const digest = (blob: Blob, onBytes: (doneBytes: number) => void = () => {}): Promise<Digests> =>
    new Promise((done, fail) => {
      lastId += 1
      const asked: DigestAsked = { id: lastId, blob }
      const end = () => {
        worker.removeEventListener('message', onMessage)
        worker.removeEventListener('error', onError)
      }
      const onMessage = ({ data }: MessageEvent<DigestTold>) => {
        if (data.id !== asked.id) return
        if ('doneBytes' in data) return onBytes(data.doneBytes)
        end()
        if ('digests' in data) done(data.digests)
        else fail(new Error(data.message))
      }
      const onError = ({ message }: ErrorEvent) => {
        end()
        fail(new Error(message || 'The file could not be hashed in this browser.'))
      }
      worker.addEventListener('message', onMessage)
      worker.addEventListener('error', onError)
      worker.postMessage(asked)
    })
  return { digest, end: () => worker.terminate() }
}
