import { NullEngine } from '../engine/index.ts'
import { readConfig, start } from './index.ts'

/** A worker whose engine answers at once: `node --import tsx test-null-worker.ts '{config}'` prints its URL. */
const worker = await start(readConfig(JSON.parse(process.argv[2] as string), {}), {
  startEngine: async () => NullEngine.create({ text: 'Hello.', unitsIn: 7, unitsOut: 2 }),
})
process.stdout.write(`${worker.url}\n`)
