import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { Conflict } from '../../core/index.ts'

/** Below the range that the kernel takes ports of outgoing connections from, so that a chosen port stays free. */
const range = { first: 20_000, last: 32_767 }

/** Chosen by this process; what is to listen there may not have started yet. */
const given = new Set<number>()

/**
 * The port to listen on: the one asked for, which must be free; for 0 the one used last time if it is free (so that
 * addresses stay the same), or any. Throws {@link PortTaken}.
 */
export async function choose(asked: number, options: { last?: number | undefined; flag: string }): Promise<number> {
  if (asked !== 0) {
    if (!(await isFree(asked))) throw new PortTaken(asked, options.flag)
    return asked
  }
  for (let port = options.last ?? anyPort(); ; port = anyPort()) {
    if (given.has(port) && port !== options.last) continue
    given.add(port)
    if (await isFree(port)) return port
  }
}

const anyPort = () => randomInt(range.first, range.last + 1)

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })

/** Something else listens there. */
export class PortTaken extends Conflict {
  constructor(port: number, flag: string) {
    super(`Port ${port} is taken by another program.`, {
      code: 'port_taken',
      hint: `Choose another with ${flag} N, or ${flag} 0 for any free one.`,
    })
  }
}
