'use client'

/** What a file is: 64 hexadecimal digits, CID and size in bytes. */
export type Digests = { sha256: string; cid: string; size: number }

/** What is asked of the worker, and what it says about it. */
type Wish = { blob: Blob } | { keep: true }
export type DigestAsked = { id: number } & Wish
export type DigestTold = { id: number } & (
  | { doneBytes: number }
  | { digests: Digests }
  | { kept: true }
  | { message: string }
)

/** A thread that computes digests of files of any size. */
export type Digester = {
  digest: (blob: Blob, onBytes?: (doneBytes: number) => void) => Promise<Digests>
  /** Keeps what the thread is made of in this browser, so that it starts without a network. */
  keep: () => Promise<void>
  /** Stops the thread; what it was asked and has not answered fails with the reason. */
  end: (reason?: Error) => void
}

type Waiting = PromiseWithResolvers<Digests | undefined> & { onBytes: (doneBytes: number) => void }

/** Starts the thread, which needs no network any more once it has started. */
export function startDigester(): Digester {
  const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, Waiting>()
  const failAll = (reason: Error) => {
    for (const { reject } of waiting.values()) reject(reason)
    waiting.clear()
  }
  worker.addEventListener('message', ({ data }: MessageEvent<DigestTold>) => {
    const asker = waiting.get(data.id)
    if (!asker) return
    if ('doneBytes' in data) return asker.onBytes(data.doneBytes)
    waiting.delete(data.id)
    if ('digests' in data) asker.resolve(data.digests)
    else if ('kept' in data) asker.resolve(undefined)
    else asker.reject(new Error(data.message))
  })
  worker.addEventListener('error', ({ message }) =>
    failAll(new Error(message || 'The thread that hashes files could not start.')),
  )
  let lastId = 0
  const ask = (wish: Wish, onBytes: (doneBytes: number) => void = () => {}): Promise<Digests | undefined> => {
    const asker = { ...Promise.withResolvers<Digests | undefined>(), onBytes }
    lastId += 1
    waiting.set(lastId, asker)
    worker.postMessage({ id: lastId, ...wish } satisfies DigestAsked)
    return asker.promise
  }
  const digest: Digester['digest'] = async (blob, onBytes) => (await ask({ blob }, onBytes)) as Digests
  const keep = async () => void (await ask({ keep: true }))
  const end = (reason: Error = new Error('The thread that hashes files was stopped.')) => {
    worker.terminate()
    failAll(reason)
  }
  return { digest, keep, end }
}
