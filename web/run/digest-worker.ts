import { digestBlob } from 'dehug/sdk/web'
import type { DigestTold } from './digest.ts'

const tell = (told: DigestTold) => self.postMessage(told)

self.addEventListener('message', ({ data: blob }: MessageEvent<Blob>) => {
  digestBlob(blob, { onBytes: (doneBytes) => tell({ doneBytes }) }).then(
    (digests) => tell({ digests }),
    (error: Error) => tell({ message: error.message }),
  )
})
