import * as Format from '../Format.ts'
import { type Io, note } from '../Io.ts'

/** Tells a person what is going on: one line a step, with how long it took and what proves it. */
export type Report = {
  /** Runs a step and writes its line when it is done; `proof` turns the result into what is shown. */
  step<T>(name: string, work: () => Promise<T>, proof: (result: T) => string): Promise<T>
  /** The line of a step that was measured elsewhere. */
  done(name: string, ms: number, proof: string): void
  /** A line between steps. */
  say(line: string): void
}

/** Writes to stderr, so that stdout stays free for what programs read. */
export function toScreen(io: Io): Report {
  return {
    step: async (name, work, proof) => {
      const startedAt = io.now()
      if (io.isTty) io.stderr(`  … ${name}`)
      const clear = io.isTty ? '\r\u001b[K' : ''
      try {
        const result = await work()
        io.stderr(`${clear}${line(name, io.now() - startedAt, proof(result))}\n`)
        return result
      } catch (error) {
        io.stderr(`${clear}  ✗ ${name}\n`)
        throw error
      }
    },
    done: (name, ms, proof) => note(io, line(name, ms, proof)),
    say: (text) => note(io, text),
  }
}

/** `  ✓ pushed       1.2 s  5 files …` */
export const line = (name: string, ms: number, proof: string): string =>
  `  ✓ ${name.padEnd(10)} ${Format.duration(ms).padStart(8)}  ${proof}`

/** Says nothing; for programs that start a network. */
export const silent: Report = { step: async (_name, work) => work(), done: () => {}, say: () => {} }
