import { readConfig, start } from './index.ts'

/** A worker as it is run: `node --import tsx test-real-worker.ts '{config}'` prints its URL. */
const worker = await start(readConfig(JSON.parse(process.argv[2] as string), {}))
process.stdout.write(`${worker.url}\n`)
