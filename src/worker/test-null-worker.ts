import { hex32 } from '../settle/testing.ts'
import { readConfig, start } from './index.ts'

/** A worker whose engine answers at once: `node --import tsx test-null-worker.ts '{config}'` prints its URL. */
const worker = await start(readConfig(JSON.parse(process.argv[2] as string), {}), {
  startEngine: async () => ({
    info: {
      task: 'text-generation',
      engine: hex32(5),
      name: 'null',
      sandbox: { kind: 'none', why: 'it runs nothing' } as never,
      contextLength: null,
    },
    count: async () => 7,
    run: async (_request, options) => {
      options?.onText?.('Hello.', 2)
      return {
        answer: { kind: 'text', text: 'Hello.', finishReason: 'stop' },
        units: { in: 7, out: 2, ms: 1 },
        finishReason: 'stop',
      }
    },
    load: { active: 0, queued: 0 },
    idleSince: null,
    pid: undefined,
    exited: new Promise(() => undefined),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }),
})
process.stdout.write(`${worker.url}\n`)
