import type { DigestAsked, DigestTold } from './digest.ts'

const tell = (told: DigestTold) => self.postMessage(told)

/** Not imported above: what is asked before the listener stands would be lost. */
const loading = Promise.all([import('dehug/sdk/web'), import('./kept-files.ts')])

const answer = async (asked: DigestAsked): Promise<void> => {
  const { id } = asked
  const [{ digestBlob }, { keepLoaded }] = await loading
  if ('blob' in asked) {
    return tell({ id, digests: await digestBlob(asked.blob, { onBytes: (doneBytes) => tell({ id, doneBytes }) }) })
  }
  await keepLoaded()
  tell({ id, kept: true })
}

self.addEventListener('message', ({ data }: MessageEvent<DigestAsked>) => {
  answer(data).catch((error) => tell({ id: data.id, message: (error as Error).message }))
})
