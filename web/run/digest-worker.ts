import { digestBlob } from 'dehug/sdk/web'
import type { DigestAsked, DigestTold } from './digest.ts'

const tell = (told: DigestTold) => self.postMessage(told)

self.addEventListener('message', ({ data: { id, blob } }: MessageEvent<DigestAsked>) => {
  digestBlob(blob, { onBytes: (doneBytes) => tell({ id, doneBytes }) }).then(
    (digests) => tell({ id, digests }),
    (error: Error) => tell({ id, message: error.message }),
  )
})
