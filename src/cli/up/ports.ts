import { createServer } from 'node:net'
import { Conflict } from '../../core/index.ts'

/** Whether nothing listens on the port. */
const isFree = (port: number): Promise<number | undefined> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(undefined))
    server.listen(port, '127.0.0.1', () => {
      const { port: got } = server.address() as { port: number }
      server.close(() => done(got))
    })
  })

/**
 * The port to listen on: the one asked for, which must be free; for 0 the one used last time if it is free (so that
 * addresses stay the same), or any. Throws {@link PortTaken}.
 */
export async function choose(asked: number, options: { last?: number | undefined; flag: string }): Promise<number> {
  if (asked !== 0) {
    if ((await isFree(asked)) === undefined) throw new PortTaken(asked, options.flag)
    return asked
  }
  const again = options.last ? await isFree(options.last) : undefined
  return again ?? ((await isFree(0)) as number)
}

/** Something else listens there. */
export class PortTaken extends Conflict {
  constructor(port: number, flag: string) {
    super(`Port ${port} is taken by another program.`, {
      code: 'port_taken',
      hint: `Choose another with ${flag} N, or ${flag} 0 for any free one.`,
    })
  }
}
