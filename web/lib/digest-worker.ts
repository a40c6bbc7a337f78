import type { DigestAsked, DigestTold } from './digest.ts'

const tell = (told: DigestTold) => self.postMessage(told)

/** Not imported above: what is asked before the listener stands would be lost. */
const loading = import('dehug/sdk/web')

self.addEventListener('message', async ({ data: { id, blob } }: MessageEvent<DigestAsked>) => {
  try {
    const { digestBlob } = await loading
    tell({ id, digests: await digestBlob(blob, { onBytes: (doneBytes) => tell({ id, doneBytes }) }) })
  } catch (error) {
    tell({ id, message: (error as Error).message })
  }
})
