import { digestBlob } from 'dehug/sdk/web'

export type HashAsked = { id: number; blob: Blob }
export type HashTold =
  | { id: number; doneBytes: number }
  | { id: number; sha256: string; cid: string }
  | { id: number; problem: string }

const tell = (told: HashTold) => postMessage(told)

addEventListener('message', async ({ data: { id, blob } }: MessageEvent<HashAsked>) => {
  try {
    const { sha256, cid } = await digestBlob(blob, { onBytes: (doneBytes) => tell({ id, doneBytes }) })
    tell({ id, sha256, cid })
  } catch (error) {
    tell({ id, problem: (error as Error).message })
  }
})
