import { randomBytes } from 'node:crypto'
import { DiskStore } from '../../index.ts'
import { fileOf, xorbOf } from './xorbs.ts'

/** Sends xorbs and puts files together for ever, until it is killed. */
const store = await DiskStore.open({ dir: process.argv[2] as string })
async function* one(bytes: Uint8Array) {
  yield bytes
}
for (let i = 0; ; i++) {
  const xorb = xorbOf(Array.from({ length: 12 }, () => randomBytes(100_000)))
  await store.xorbs.put(xorb.hash, one(xorb.bytes))
  await store.xorbs.compose(fileOf([{ xorb, start: 0, end: 12 }]))
  if (i === 0) process.send?.('ready')
}
