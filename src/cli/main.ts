import { CommanderError } from 'commander'
import { type Io, processIo } from './Io.ts'
import { program } from './program.ts'

const impatientMs = 1000

/** Runs the command line of this process and sets its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const controller = new AbortController()
  let askedAt = 0
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // Under npm, one Ctrl-C arrives twice; only a later one ends a command that does not listen.
      if (controller.signal.aborted && performance.now() - askedAt > impatientMs) process.exit(130)
      if (!controller.signal.aborted) askedAt = performance.now()
      controller.abort(new Interrupted(name))
    })
  }
  const io = processIo({ json: false, signal: controller.signal })
  process.exitCode = await runCli(argv.slice(2), io)
}

/** Runs one command line on the given screen and returns its exit code: 0 ok, 1 failed, 2 usage, 3 verification failed, 4 payment needed, 5 not permitted. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  let exitCode = 0
  const root = program(async (work, options) => {
    exitCode = await perform(work, { ...io, json: options.json === true })
  })
  const quiet = { writeOut: io.stdout, writeErr: io.stderr }
  for (const command of [root, ...root.commands, ...root.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput(quiet)
  }
  try {
    await root.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

async function perform(work: (io: Io) => Promise<unknown>, io: Io): Promise<number> {
  try {
    const result = await work(io)
    if (io.json && result !== undefined) io.stdout(`${toJson(result)}\n`)
    return 0
  } catch (error) {
    return await report(error, io)
  }
}

/** Prints what went wrong and the way out; under `--json` as one line with the problem. */
async function report(error: unknown, io: Io): Promise<number> {
  if ((error as Error)?.name === 'AbortError') return 130
  const { DehugError } = await import('../core/index.ts')
  const known = error instanceof DehugError ? error : undefined
  const problem = DehugError.toProblem(error)
  if (io.json) io.stdout(`${toJson({ error: known ? problem : { ...problem, detail: describe(error) } })}\n`)
  io.stderr(`Error: ${known?.message ?? describe(error)}\n`)
  if (known?.hint) io.stderr(`Hint: ${known.hint}\n`)
  return known?.exitCode ?? 1
}

/** This process is the user's own, so the whole story of an unexpected error may be shown. */
const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))

/** The person pressed Ctrl-C, or the process was asked to end. */
class Interrupted extends Error {
  constructor(signal: string) {
    super(`ended by ${signal}`)
    this.name = 'AbortError'
  }
}
